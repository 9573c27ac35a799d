import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { contentSecurityPolicy } from '../../../lib/edge/page-policy.ts';
import { isLatestChannel, StubLatest } from '../../client/test/support/stub-latest.ts';
import {
  type ClientFrame,
  type HistoryResponse,
  KINDS_HEADER,
  type LatestResponse,
  type ServerFrame,
  type WireEvent,
} from '../../protocol/index.ts';
import type { SignInConfig } from '../sign-in/issuer.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface StubServerOptions {
  /** The built console. */
  readonly consoleDir: string;
  readonly lanes?: readonly ('websocket' | 'sse')[];
  /** How users sign in. @default nobody has to */
  readonly signIn?: SignInConfig;
}

/**
 * Speaks both lanes' protocols from memory, for one page under test, and misbehaves on demand. It knows no validation
 * but the data limit, no epochs but one, and no delivery guarantees.
 */
export class StubServer {
  readonly #options: StubServerOptions;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'lanes.v1.json' });
  readonly #subscriptions = new Map<WebSocket, string>();
  readonly #streams = new Map<ServerResponse, string>();
  readonly #events = new Map<string, WireEvent[]>();
  readonly #latest = new StubLatest();
  /** Ids that the WebSocket lane loses on the way. */
  readonly lostOnWebSocket = new Set<string>();
  /** The WebSocket lane refuses subscriptions in a way that no repetition can mend. */
  refuseSubscriptions = false;
  /** The SSE lane lets no token in. */
  refuseTokens = false;
  /** Data that cannot be published by HTTP. */
  refuseData: string | undefined;
  /** Holds a publication by HTTP up. */
  beforePublishing: ((data: string) => Promise<void>) | undefined;
  /** Every subscription and stream is told that it cannot resume. */
  refuseResume = false;

  private constructor(options: StubServerOptions) {
    this.#options = options;
    this.#latest.onChange = (channel, entry) => {
      for (const [client, subscribed] of this.#subscriptions) {
        if (subscribed === channel) send(client, { kind: 'latest', channel, entries: [entry] });
      }
      for (const [response, streamed] of this.#streams) {
        if (streamed === channel) response.write(encodeLatest('latest', { channel, ...entry }));
      }
    };
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        client.on('message', (text) => this.#frame(client, JSON.parse(String(text)) as ClientFrame));
        client.on('close', () => this.#subscriptions.delete(client));
      });
    });
  }

  static async start(options: StubServerOptions): Promise<StubServer> {
    const stub = new StubServer(options);
    await new Promise<void>((resolve) => stub.#http.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** How many WebSockets are open. */
  get connected(): number {
    return this.#sockets.clients.size;
  }

  async close(): Promise<void> {
    this.dropSockets();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Drops every WebSocket without a closing handshake. */
  dropSockets(): void {
    for (const client of this.#sockets.clients) client.terminate();
  }

  /** How many SSE streams are open. */
  get streaming(): number {
    return this.#streams.size;
  }

  /** Breaks every SSE stream off. */
  dropStreams(): void {
    for (const response of this.#streams.keys()) response.destroy();
  }

  publish(channel: string, data: string, type = 'message'): WireEvent {
    const events = this.#channel(channel);
    const event = { channel, id: `k3f9.${events.length + 1}`, type, data, publishedAt: new Date().toISOString() };
    events.push(event);
    for (const [client, subscribed] of this.#subscriptions) {
      if (subscribed === channel && !this.lostOnWebSocket.has(event.id)) send(client, { kind: 'event', ...event });
    }
    for (const [response, streamed] of this.#streams) if (streamed === channel) response.write(encode(event));
    return event;
  }

  /** On a `latest` channel, whose name begins with `latest.`; without data it removes the key. */
  put(channel: string, key: string, data?: string): LatestResponse | undefined {
    return this.#latest.put(channel, key, data);
  }

  #has(lane: 'websocket' | 'sse'): boolean {
    return (this.#options.lanes ?? ['websocket', 'sse']).includes(lane);
  }

  #channel(name: string): WireEvent[] {
    const events = this.#events.get(name) ?? [];
    this.#events.set(name, events);
    return events;
  }

  #head(channel: string): string {
    return `k3f9.${this.#channel(channel).length}`;
  }

  #after(channel: string, id: string): readonly WireEvent[] {
    return this.#channel(channel).slice(Number(id.split('.')[1]));
  }

  #history(channel: string, before: string | undefined, last = 100): HistoryResponse {
    const all = this.#channel(channel).slice(0, before === undefined ? undefined : Number(before.split('.')[1]) - 1);
    return { events: all.slice(-last), more: all.length > last };
  }

  #frame(client: WebSocket, frame: ClientFrame): void {
    const repeated = frame.requestId === undefined ? {} : { requestId: frame.requestId };
    if (frame.action === 'publish' && 'conflationKey' in frame) {
      const answer = this.put(frame.channel, frame.conflationKey, 'data' in frame ? frame.data : undefined);
      if (answer) send(client, { kind: 'publishedLatest', ...answer, ...repeated });
    } else if (frame.action === 'publish' && 'data' in frame) {
      const { channel, id } = this.publish(frame.channel, frame.data, frame.type);
      send(client, { kind: 'published', channel, id, ...repeated });
    }
    if (frame.action === 'history') {
      const { channel, before, last } = frame;
      send(client, { kind: 'history', channel, ...this.#history(channel, before, last), ...repeated });
    }
    if (frame.action !== 'subscribe') return;
    const { channel, after } = frame;
    if (this.refuseSubscriptions) {
      send(client, { kind: 'error', code: 'forbidden', message: `channel ${channel} is not for you`, ...repeated });
      return;
    }
    this.#subscriptions.set(client, channel);
    if (isLatestChannel(channel)) {
      const { entries, end } = this.#latest.snapshot(channel, frame.state);
      send(client, { kind: 'subscribed', channel, channelKind: 'latest', ...repeated });
      send(client, { kind: 'latest', channel, entries, ...repeated });
      send(client, { kind: 'snapshot', ...end, ...repeated });
      return;
    }
    send(client, { kind: 'subscribed', channel, id: this.#head(channel), ...repeated });
    if (after === undefined) return;
    if (this.refuseResume) send(client, { kind: 'reset', channel, reason: 'expired' });
    else for (const event of this.#after(channel, after)) send(client, { kind: 'event', ...event });
    send(client, { kind: 'caughtUp', channel, id: this.#head(channel), ...repeated });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const published = /^\/v1\/channels\/([^/]+)\/events$/.exec(url.pathname);
    if (url.pathname === '/console.json') {
      const { signIn } = this.#options;
      json(response, 200, { ...(this.#has('websocket') && { websocket: this.url.replace('http', 'ws') }), signIn });
    } else if (!url.pathname.startsWith('/v1/')) this.#file(url.pathname, response);
    else if (!this.#has('sse')) json(response, 404, {});
    else if (this.refuseTokens) problem(response, 401, 'unauthorized', 'the token is of another audience');
    else if (published?.[1] !== undefined) await this.#post(decodeURIComponent(published[1]), request, response);
    else if (request.headers.accept === 'application/json') this.#poll(url, response);
    else this.#stream(url, response);
  }

  async #post(channel: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { type, data, conflationKey } = JSON.parse(Buffer.concat(chunks).toString()) as {
      type?: string;
      data: string;
      conflationKey?: string;
    };
    if (conflationKey !== undefined) {
      json(response, 201, this.put(channel, conflationKey, data));
      return;
    }
    if (type?.includes(' ')) {
      const detail = `type ${JSON.stringify(type)} is not valid: use 1 to 128 of A-Z a-z 0-9 _ . : -`;
      problem(response, 400, 'invalid_type', detail);
      return;
    }
    if (data === this.refuseData) {
      problem(response, 403, 'forbidden', 'your token does not allow this');
      return;
    }
    await this.beforePublishing?.(data);
    const { id, publishedAt } = this.publish(channel, data, type);
    json(response, 201, { channel, id, publishedAt });
  }

  #poll(url: URL, response: ServerResponse): void {
    const channel = url.searchParams.get('channel') ?? '';
    const after = url.searchParams.get('after');
    const before = url.searchParams.get('before');
    if (before !== null) {
      const last = Number(url.searchParams.get('last') ?? 100);
      json(response, 200, this.#history(channel, before === 'now' ? undefined : before, last));
      return;
    }
    json(response, 200, { events: after === null ? [] : this.#after(channel, after), cursor: this.#head(channel) });
  }

  #stream(url: URL, response: ServerResponse): void {
    const channel = url.searchParams.get('channel') ?? '';
    const after = url.searchParams.get('lastEventId');
    const kinds = isLatestChannel(channel) ? { [KINDS_HEADER]: 'latest' } : {};
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...kinds });
    if (isLatestChannel(channel)) {
      const { entries, end } = this.#latest.snapshot(channel, url.searchParams.get('state'));
      for (const entry of entries) response.write(encodeLatest('latest', { channel, ...entry }));
      response.write(encodeLatest('snapshot', end));
      this.#streams.set(response, channel);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    // As the service does: the first event ends the frame of a client that says where it stands.
    response.write(after === null ? `retry: 300\nid: ${this.#head(channel)}\n\n` : `retry: 300\nid: ${after}\n`);
    if (this.refuseResume) {
      response.write(`id: ${this.#head(channel)}\nevent: reset\ndata: ${JSON.stringify({ channel, reason: 'expired' })}\n\n`);
    } else if (after !== null) {
      for (const event of this.#after(channel, after)) response.write(encode(event));
    }
    this.#streams.set(response, channel);
    response.on('close', () => this.#streams.delete(response));
  }

  #file(path: string, response: ServerResponse): void {
    const name = path === '/' ? '/index.html' : path;
    const { signIn } = this.#options;
    const connectTo = [this.url.replace('http', 'ws'), ...(signIn === undefined ? [] : [new URL(signIn.issuer).origin])];
    response.writeHead(200, {
      'content-type': CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
      // As the edges do.
      'content-security-policy': contentSecurityPolicy(connectTo),
    });
    response.end(readFileSync(join(this.#options.consoleDir, name)));
  }
}

function send(client: WebSocket, frame: ServerFrame): void {
  client.send(JSON.stringify(frame));
}

function encode({ id, type, data }: WireEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `id: ${id}\n${type === 'message' ? '' : `event: ${type}\n`}${lines.join('')}\n`;
}

function encodeLatest(type: 'latest' | 'snapshot', content: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(content)}\n\n`;
}

function json(response: ServerResponse, status: number, body: unknown, contentType = 'application/json'): void {
  response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, detail: string): void {
  json(response, status, { type: 'about:blank', title: STATUS_CODES[status], status, code, detail }, 'application/problem+json');
}
