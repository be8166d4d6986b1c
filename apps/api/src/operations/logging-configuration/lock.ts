import { conflictException, fail, type LoggingConfigurationId } from '@roomlog/domain'

export function conflict(id: LoggingConfigurationId, message: string) {
  return fail(conflictException({ resourceId: id, resourceType: 'LOGGING_CONFIGURATION' }, message))
}
