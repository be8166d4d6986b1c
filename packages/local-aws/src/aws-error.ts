/** A refusal with the name and status that the real service would give. */
export class AwsError extends Error {
  override readonly name: string
  readonly status: number

  constructor(status: number, name: string, message: string) {
    super(message)
    this.name = name
    this.status = status
  }
}
