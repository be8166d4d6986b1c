import { AwsError } from '../aws-error.ts'

type FirehoseErrorName =
  | 'InvalidArgumentException'
  | 'InvalidSourceException'
  | 'LimitExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'ValidationException'

/** One of Data Firehose's own errors. */
export function firehoseError(name: FirehoseErrorName, message: string): AwsError {
  return new AwsError(400, name, message)
}
