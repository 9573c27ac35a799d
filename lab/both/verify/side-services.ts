import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ISSUER_PATH, Issuer } from '../../../packages/assembly-local/issuer/issuer.ts';
import { closed, LOOPBACK, listen } from '../../../packages/assembly-local/loopback.ts';

const METADATA_PATH = '/metadata/';

/** What the lanes need beside the emulator: an issuer of tokens, and the metadata endpoint of ECS for the tasks that run here. */
export interface SideServices {
  readonly issuer: Issuer;
  /** `aud` of the issuer's tokens. */
  readonly audience: string;
  /** `ECS_CONTAINER_METADATA_URI_V4` of a task that is reached under an address. */
  metadataUri(taskArn: string, address: string): string;
  close(): Promise<void>;
}

const AUDIENCE = 'verify';

export async function startSideServices(): Promise<SideServices> {
  const server = createServer();
  const url = `http://${LOOPBACK}:${await listen(server)}`;
  const issuer = await Issuer.create(`${url}${ISSUER_PATH}`, AUDIENCE);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith(METADATA_PATH)) serveMetadata(request.url, response);
    else void issuer.handle(request, response);
  });
  return {
    issuer,
    audience: AUDIENCE,
    metadataUri: (taskArn, address) => `${url}${METADATA_PATH}${address}/${encodeURIComponent(taskArn)}`,
    close: async () => {
      server.closeAllConnections();
      await closed(server);
    },
  };
}

/** `/metadata/<address>/<ARN>/task`, as far as the service asks: which task it is, and under which address it is reached. */
function serveMetadata(url: string, response: ServerResponse): void {
  const [address, arn = ''] = url.slice(METADATA_PATH.length).split('/');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ TaskARN: decodeURIComponent(arn), Containers: [{ Networks: [{ IPv4Addresses: [address] }] }] }));
}
