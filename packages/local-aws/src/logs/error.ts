import { AwsError } from '../aws-error.ts'

type LogsErrorName =
  | 'InvalidParameterException'
  | 'ResourceNotFoundException'
  | 'ResourceAlreadyExistsException'
  | 'LimitExceededException'
  | 'InvalidOperationException'

/** One of CloudWatch Logs' own errors. */
export function logsError(name: LogsErrorName, message: string): AwsError {
  return new AwsError(400, name, message)
}
