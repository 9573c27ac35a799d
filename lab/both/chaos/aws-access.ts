/** Where the AWS services of the local run are. */
export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
}

/** For every SDK client of the bench: who calls does the trying again, so that each try is seen. */
export function clientSettings({ endpoint, region }: AwsAccess) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}
