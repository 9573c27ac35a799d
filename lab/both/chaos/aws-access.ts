/** Where the AWS services of the local run, or of an emulator, are. */
export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  /** @default any: the local run asks for none in particular */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const ANY = { accessKeyId: 'local', secretAccessKey: 'local' };

/** For every SDK client of the bench: who calls does the trying again, so that each try is seen. */
export function clientSettings({ endpoint, region, credentials = ANY }: AwsAccess) {
  return {
    endpoint,
    region,
    credentials,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}
