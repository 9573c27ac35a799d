import { once } from 'node:events';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import WebSocket from 'ws';
import type { Faults } from '../../faults.ts';
import type { InvokeOutcome } from '../../functions/instance.ts';
import type { ConnectionLimits } from '../../gateway/client-connection.ts';
import { Gateway, type Integration } from '../../gateway/gateway.ts';
import { parseRouteSelection } from '../../gateway/route-selection.ts';
import { accountWithoutRoles } from './access.ts';
import { testLog } from './log.ts';

/** The parts of an integration’s event that tests check. */
export interface SeenEvent {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>>;
  readonly requestContext: Readonly<Record<string, unknown>> & {
    readonly connectionId: string;
    readonly routeKey: string;
    readonly eventType: string;
  };
}

export type Handler = (event: SeenEvent) => unknown;

export interface TestGateway {
  readonly gateway: Gateway;
  readonly faults: Faults;
  readonly events: SeenEvent[];
  /** The management API, through the real SDK. */
  readonly management: ApiGatewayManagementApiClient;
  connect(options?: { protocols?: string[]; path?: string; headers?: Record<string, string> }): WebSocket;
  close(): void;
}

/** A gateway whose integrations are functions of the test. An error thrown by a handler is a function error. */
export async function startGateway(
  handlers: Readonly<Record<string, Handler>>,
  options: { readonly limits?: Partial<ConnectionLimits>; readonly timeoutMs?: number } = {},
): Promise<TestGateway> {
  const events: SeenEvent[] = [];
  const faults: Faults = {};
  const toIntegration = (handler: Handler): Integration => ({
    timeoutMs: options.timeoutMs ?? 5000,
    invoke: async (event): Promise<InvokeOutcome> => {
      events.push(event as SeenEvent);
      try {
        return { kind: 'result', payload: JSON.stringify(await handler(event as SeenEvent)) ?? 'null' };
      } catch (error) {
        return { kind: 'error', error: { errorType: 'Error', errorMessage: String(error) } };
      }
    },
  });
  const gateway = new Gateway({
    api: {
      apiId: 'abc123',
      stage: 'dev',
      region: 'us-east-1',
      selectRoute: parseRouteSelection('$request.body.action'),
      routes: new Map(Object.entries(handlers).map(([key, handler]) => [key, toIntegration(handler)])),
    },
    access: accountWithoutRoles().access,
    faults,
    log: testLog().log,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await gateway.listen();
  const management = new ApiGatewayManagementApiClient({
    endpoint: gateway.url.replace('ws:', 'http:'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    gateway,
    faults,
    events,
    management,
    connect: ({ protocols = [], path = '', headers = {} } = {}) => new WebSocket(`${gateway.url}${path}`, protocols, { headers }),
    close: () => {
      management.destroy();
      gateway.close();
    },
  };
}

export async function opened(socket: WebSocket): Promise<WebSocket> {
  await once(socket, 'open');
  return socket;
}

/** The code and the reason with which the server closes. */
export async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

export async function nextMessage(socket: WebSocket): Promise<unknown> {
  const [data] = await once(socket, 'message');
  return JSON.parse(String(data));
}

/** The status with which a handshake is refused. */
export async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = await once(socket, 'unexpected-response');
  socket.on('error', () => undefined);
  socket.terminate();
  return response.statusCode;
}
