import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type Action, Listener } from '../../balancer/listener.ts';
import { TargetGroup } from '../../balancer/target-group.ts';
import { type Certificate, makeCertificate } from '../../certificate.ts';
import { listen } from '../../loopback.ts';

const certificate: Promise<Certificate> = makeCertificate();

/** One target and its group, and the listeners that a test puts in front of them. */
export class BalancerWorld {
  /** What the target answers. */
  serve: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end('ok');
  readonly target: Server = createServer((request, response) => this.serve(request, response));
  readonly group = new TargetGroup({
    arn: 'arn',
    deregistrationDelayMs: 0,
    healthCheck: { path: '/', intervalMs: 60_000, timeoutMs: 500, healthyThreshold: 1, unhealthyThreshold: 2, matcher: '200' },
  });
  /** Run in reverse order. */
  readonly cleanups: (() => unknown)[] = [];

  async start(): Promise<void> {
    await this.group.register(await listen(this.target)).healthy;
  }

  async close(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup();
    this.group.close();
    this.target.closeAllConnections();
    this.target.close();
  }

  async front(
    protocol: 'http' | 'https',
    options: { action?: Action; idleTimeoutMs?: number; localPort?: (port: number) => number } = {},
  ): Promise<Listener> {
    const made = new Listener({
      protocol,
      certificate: await certificate,
      action: { kind: 'forward', targetGroup: this.group },
      idleTimeoutMs: 5000,
      localPort: () => undefined,
      ...options,
    });
    await made.listen();
    this.cleanups.push(() => made.close());
    return made;
  }

  session(made: Listener): ClientHttp2Session {
    const client = connect(made.url, { rejectUnauthorized: false });
    client.on('error', () => undefined);
    this.cleanups.push(() => client.destroy());
    return client;
  }

  /** Answers with a stream that stays open; the test writes into it. */
  serveStream(): { readonly opened: Promise<ServerResponse>; closed: boolean } {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const state = { opened: promise, closed: false };
    this.serve = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
      response.flushHeaders();
      response.on('close', () => {
        state.closed = true;
      });
      resolve(response);
    };
    return state;
  }
}

export async function fetchText(url: string, init: RequestInit = {}): Promise<{ status: number; body: string; headers: Headers }> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** One exchange over HTTP/2. */
export async function exchange(client: ClientHttp2Session, headers: Record<string, string>, body = '') {
  const stream = client.request(headers, { endStream: body === '' });
  if (body !== '') stream.end(body);
  const [head] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return { head, text };
}
