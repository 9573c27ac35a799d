import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../endpoint/aws-error.ts';
import { readBody } from '../endpoint/body.ts';
import type { Faults } from '../faults.ts';
import type { Access } from '../iam/access.ts';
import type { ClientConnection } from './client-connection.ts';

/** `PostToConnection` accepts 128 KB. */
const MAX_POST_BYTES = 128 * 1024;

export interface ManagedConnections {
  readonly stage: string;
  /** `arn:aws:execute-api:…:<API>/<stage>` */
  readonly stageArn: string;
  readonly access: Access;
  readonly faults: Faults;
  find(connectionId: string): ClientConnection | undefined;
}

/** One request to the `@connections` API: POST sends, GET describes, DELETE closes. */
export async function handleManagement(request: IncomingMessage, response: ServerResponse, connections: ManagedConnections): Promise<void> {
  const requestId = randomUUID();
  response.setHeader('x-amzn-RequestId', requestId);
  response.setHeader('Content-Type', 'application/json');
  try {
    const body = await run(request, connections);
    response.statusCode = request.method === 'DELETE' ? 204 : 200;
    response.end(body === undefined ? undefined : JSON.stringify(body));
  } catch (cause) {
    const error = cause instanceof AwsError ? cause : new AwsError('InternalServerErrorException', String(cause), { status: 500, cause });
    response.statusCode = error.status;
    response.setHeader('x-amzn-ErrorType', error.code);
    response.end(JSON.stringify({ message: error.message, connectionId: connectionIdOf(request, connections), requestId }));
  }
}

async function run(request: IncomingMessage, connections: ManagedConnections): Promise<object | undefined> {
  const body = await readBody(request, MAX_POST_BYTES);
  const connectionId = connectionIdOf(request, connections);
  if (connectionId === undefined) throw new AwsError('ForbiddenException', 'Forbidden', { status: 403 });
  const { access, stageArn } = connections;
  const resource = `${stageArn}/${request.method}/@connections/${connectionId}`;
  access.check(request.headers, () => [{ action: 'execute-api:ManageConnections', resource }]);
  const connection = connections.find(connectionId);
  if (connection === undefined || !connection.open) throw new AwsError('GoneException', 'Gone', { status: 410 });
  switch (request.method) {
    case 'POST':
      post(connection, body, connections.faults);
      return {};
    case 'GET':
      return describe(connection);
    case 'DELETE':
      connection.close(1000, 'Connection Closed Normally');
      return undefined;
    default:
      throw new AwsError('ForbiddenException', 'Forbidden', { status: 403 });
  }
}

function post(connection: ClientConnection, body: Buffer | undefined, faults: Faults): void {
  const injected = faults.postOutcome?.(connection.identity.connectionId);
  if (injected?.sent === true && body !== undefined) connection.send(body.toString('utf8'));
  if (injected !== undefined) throw new AwsError(injected.code, 'Injected by the local run', { status: injected.status });
  if (body === undefined) throw new AwsError('PayloadTooLargeException', 'Payload too large', { status: 413 });
  if (!connection.send(body.toString('utf8'))) throw new AwsError('LimitExceededException', 'Too many messages in flight', { status: 429 });
}

function describe({ identity, lastActiveAtMs }: ClientConnection): object {
  return {
    connectedAt: new Date(identity.connectedAtMs).toISOString(),
    identity: { sourceIp: identity.sourceIp, userAgent: identity.userAgent },
    lastActiveAt: new Date(lastActiveAtMs).toISOString(),
  };
}

/** The stage is missing if the SDK uses the shared endpoint. */
function connectionIdOf({ url = '' }: IncomingMessage, { stage }: ManagedConnections): string | undefined {
  const path = url.replace(/\?.*$/, '');
  const prefix = [`/${stage}/@connections/`, '/@connections/'].find((candidate) => path.startsWith(candidate));
  if (prefix === undefined) return undefined;
  try {
    return decodeURIComponent(path.slice(prefix.length));
  } catch {
    return undefined;
  }
}
