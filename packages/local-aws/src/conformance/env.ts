/** Where the conformance suite is pointed; the SDK reads its other standard variables itself. */
export const conformanceEnv = {
  onAws: process.env.CONFORMANCE_ON_AWS === 'yes',
  endpointUrl: process.env.AWS_ENDPOINT_URL,
  region: process.env.AWS_REGION ?? 'us-east-1',
  hasCredentials: process.env.AWS_ACCESS_KEY_ID !== undefined,
  // AWS checks the role; the stand-in only its form.
  firehoseRoleArn: process.env.CONFORMANCE_FIREHOSE_ROLE_ARN ?? 'arn:aws:iam::123456789012:role/firehose',
}
