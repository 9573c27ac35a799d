import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of an SDK client, or of whoever speaks like one. */
export interface AwsCall {
  /** `CreateQueue`, `Publish` …, or `POST /path` where the protocol has no action. */
  readonly action: string;
  /** The parameters: JSON members, or the fields of a form. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AwsResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless it is a text. */
  readonly body?: unknown;
}

/** `hang` never answers, `reset` breaks the connection. */
export type AwsBehaviour = (call: AwsCall) => AwsResponse | 'hang' | 'reset';

export interface AwsStub {
  readonly endpoint: string;
  /** Every request so far. */
  readonly calls: readonly AwsCall[];
  /** Options that point a client of the SDK here. */
  readonly clientOptions: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
    readonly maxAttempts: number;
  };
  actions(): readonly string[];
  /** The only call of an action. */
  only(action: string): AwsCall;
  stop(): Promise<void>;
}

/** An AWS endpoint on loopback that answers as a test says and notes what was asked, on the level of the wire. */
export async function startAwsStub(behaviour: AwsBehaviour): Promise<AwsStub> {
  const calls: AwsCall[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { method = '', url = '', headers } = request;
    const call = { ...readAction(method, url, headers, body), method, path: url, headers, body };
    calls.push(call);
    const answer = behaviour(call);
    if (answer === 'hang') return;
    if (answer === 'reset') return void request.socket.destroy();
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status ?? 200, answer.headers).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    calls,
    clientOptions: {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
      maxAttempts: 1,
    },
    actions: () => calls.map(({ action }) => action),
    only(action) {
      const found = calls.filter((call) => call.action === action);
      const [call] = found;
      if (call === undefined || found.length > 1) throw new Error(`${found.length} calls of ${action}`);
      return call;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function readAction(method: string, path: string, headers: IncomingHttpHeaders, body: string): Pick<AwsCall, 'action' | 'input'> {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return { action: target.slice(target.indexOf('.') + 1), input: JSON.parse(body) };
  const form = Object.fromEntries(new URLSearchParams(body));
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return { action: form['Action'] ?? '', input: form };
  return { action: `${method} ${path}`, input: {} };
}
