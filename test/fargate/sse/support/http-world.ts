import { once } from 'node:events';
import { type Server, request as sendRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createEphemeralPublisher } from '../../../../backbone/services/ephemeral-publisher.ts';
import { bindPublisher } from '../../../../backbone/services/publisher.ts';
import { createHttpServer, type HttpServerOptions } from '../../../../fargate/sse/http/http-server.ts';
import { PublishRate } from '../../../../fargate/sse/http/publish-rate.ts';
import type { HubOptions } from '../../../../fargate/sse/hub/hub.ts';
import { openToAll } from '../../../support/access.ts';
import { HubWorld, silentLogger } from './hub-world.ts';
import { RawClient } from './raw-client.ts';

/** The HTTP server on a free loopback port, over a hub on ports in memory. */
export class HttpWorld extends HubWorld {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  #origin = '';

  constructor(options: { readonly hub?: Partial<HubOptions>; readonly http?: Partial<HttpServerOptions> } = {}) {
    super(options.hub);
    const { log, bus, clock } = this;
    bus.listen((event) => this.hub.offer(event));
    this.server = createHttpServer({
      hub: this.hub,
      logger: silentLogger,
      ...bindPublisher({ log, bus, clock, publishTimeoutMs: 2_000 }),
      kindOf: this.hub.kindOf,
      publishEphemeral: createEphemeralPublisher({ bus, clock }),
      keepAliveMs: 70_000,
      maxStallMs: 30_000,
      budget: this.budget,
      files: () => undefined,
      consoleConfig: '',
      clock,
      publishRate: new PublishRate(1_000, clock),
      presenceRate: new PublishRate(100, clock),
      ...openToAll,
      ...options.http,
    });
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.#origin = `http://127.0.0.1:${this.port}`;
    return this;
  }

  url(path: string): string {
    return this.#origin + path;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url(path), init);
  }

  /** `fetch` tidies up paths and adds headers; this sends what it is given. */
  async raw(method: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string; allow?: string }> {
    const request = sendRequest({ host: '127.0.0.1', port: this.port, method, path, headers });
    request.end();
    const [response] = await once(request, 'response');
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    return { status: response.statusCode, body, allow: response.headers.allow };
  }

  /** A client that speaks for itself. */
  connect(): Promise<RawClient> {
    return RawClient.connect(this.port);
  }

  /** Cuts every connection, as the end of a task does it. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async post(channel: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(`/v1/channels/${channel}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
  }

  async close(): Promise<void> {
    this.hub.close();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cutConnections();
    await closed;
  }
}
