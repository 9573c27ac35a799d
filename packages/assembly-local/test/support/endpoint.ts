import type { RequestListener } from 'node:http';
import type { Operations } from '../../endpoint/operation.ts';
import { Endpoint, type EndpointServices } from '../../endpoint/server.ts';
import { LOOPBACK, listen } from '../../loopback.ts';
import { accountWithoutRoles } from './access.ts';
import { testLog } from './log.ts';

const absent: RequestListener = (_, response) => response.writeHead(404).end();
const none: Operations = {};

export interface TestEndpoint {
  readonly url: string;
  /** Configuration for a real SDK client. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  serve(services: Partial<EndpointServices>): void;
  close(): void;
}

export async function startEndpoint(): Promise<TestEndpoint> {
  const endpoint = new Endpoint(testLog().log);
  const url = `http://${LOOPBACK}:${await listen(endpoint.server)}`;
  return {
    url,
    client: { endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 },
    serve: (services) =>
      endpoint.serve({
        ...accountWithoutRoles(),
        permissions: {},
        json: {},
        sns: none,
        loadBalancing: none,
        dynamodb: absent,
        lambda: absent,
        management: absent,
        taskMetadata: absent,
        issuer: absent,
        ...services,
      }),
    close: () => endpoint.close(),
  };
}
