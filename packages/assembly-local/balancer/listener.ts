import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { Bucket } from '../buckets/bucket.ts';
import type { Certificate } from '../certificate.ts';
import { closed, LOOPBACK, listen } from '../loopback.ts';
import { answerFile } from './files.ts';
import { answer, authorityOf, type ClientRequest, type ClientResponse, forward } from './forward.ts';
import type { TargetGroup } from './target-group.ts';

/** ALB's limit of concurrent streams per connection (ELB quotas, 2026-11). */
export const MAX_CONCURRENT_STREAMS = 128;

export type Action =
  | { readonly kind: 'forward'; readonly targetGroup: TargetGroup }
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | { readonly kind: 'fixedResponse'; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: 'distribute'; readonly behaviors: readonly Behavior[] }
  | { readonly kind: 'files'; readonly bucket: Bucket; readonly rootObject: string };

/**
 * Headers that are added to every response, whoever created it. Called for each response: some contain
 * addresses that are known only after the start.
 */
export type AddedHeaders = () => Readonly<Record<string, string>>;

/** What a distribution does with the paths of one behavior. The first matching behavior applies. */
export interface Behavior {
  readonly matches: (path: string) => boolean;
  readonly headers: AddedHeaders;
  readonly action: Action;
}

export interface ListenerOptions {
  /** HTTPS supports HTTP/2 and HTTP/1.1, HTTP only HTTP/1.1, as on an ALB. */
  readonly protocol: 'http' | 'https';
  readonly certificate: Certificate;
  readonly action: Action;
  /** What the attributes of the listener add. @default none */
  readonly headers?: AddedHeaders;
  readonly idleTimeoutMs: number;
  /** The local port of another listener, by its port in the template: redirects lead there. */
  readonly localPort: (port: number) => number | undefined;
}

/** A request whose response is not complete: an open stream, a waiting poll, a post. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** Closes the client's connection, including everything else on it. */
  cut(): void;
}

/**
 * A listener of a load balancer, or a distribution: a port of this machine, and what happens to the requests
 * that reach it.
 */
export class Listener {
  readonly protocol: 'http' | 'https';
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<Exchange>();
  #port = 0;

  constructor(options: ListenerOptions) {
    this.protocol = options.protocol;
    this.#options = options;
    const handle = (request: ClientRequest, response: ClientResponse) => this.#handle(request, response);
    if (options.protocol === 'https') {
      const { key, cert } = options.certificate;
      this.#server = createSecureServer(
        { key, cert, allowHTTP1: true, settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS } },
        handle,
      );
    } else {
      this.#server = createServer({ keepAliveTimeout: options.idleTimeoutMs }, handle);
    }
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Whether it leads to tasks, and not to another listener. */
  get forwards(): boolean {
    return this.#options.action.kind === 'forward';
  }

  /** Whether it serves the files of a bucket: those of the console. */
  get servesFiles(): boolean {
    const { action } = this.#options;
    return action.kind === 'distribute' && action.behaviors.some((behavior) => behavior.action.kind === 'files');
  }

  get url(): string {
    return `${this.protocol}://${LOOPBACK}:${this.#port}`;
  }

  get exchanges(): readonly Exchange[] {
    return [...this.#exchanges];
  }

  async listen(preferredPort?: number): Promise<void> {
    this.#port = await listen(this.#server, preferredPort);
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const done = closed(this.#server);
    for (const socket of this.#sockets) socket.destroy();
    await done;
  }

  #handle(request: ClientRequest, response: ClientResponse): void {
    // A client that leaves during a response is not an error.
    response.on('error', () => undefined);
    this.#note(request, response);
    addHeaders(response, this.#options.headers);
    this.#act(this.#options.action, request, response);
  }

  #act(action: Action, request: ClientRequest, response: ClientResponse): void {
    if (action.kind === 'redirect') {
      this.#redirect(request, response, action);
    } else if (action.kind === 'fixedResponse') {
      answer(response, action.status, { 'content-type': action.contentType }, action.body);
    } else if (action.kind === 'files') {
      answerFile(request, response, action);
    } else if (action.kind === 'distribute') {
      const { pathname } = new URL(request.url ?? '/', 'http://any');
      const behavior = action.behaviors.find(({ matches }) => matches(pathname));
      addHeaders(response, behavior?.headers);
      if (behavior === undefined) answer(response, 502);
      else this.#act(behavior.action, request, response);
    } else {
      const target = action.targetGroup.pick();
      const { idleTimeoutMs } = this.#options;
      if (target === undefined) answer(response, 503);
      else forward(request, response, target, { idleTimeoutMs, protocol: this.protocol, port: this.#port });
    }
  }

  #note(request: ClientRequest, response: ClientResponse): void {
    const cut = () => {
      if ('stream' in request) request.stream.session?.destroy();
      else request.socket.destroy();
    };
    const exchange = { method: request.method ?? '', path: request.url ?? '', cut };
    this.#exchanges.add(exchange);
    response.on('close', () => this.#exchanges.delete(exchange));
  }

  #redirect(request: ClientRequest, response: ClientResponse, action: Extract<Action, { kind: 'redirect' }>): void {
    const url = new URL(request.url ?? '/', `${this.protocol}://${authorityOf(request)}`);
    const fill = (template: string) =>
      template
        .replaceAll('#{protocol}', this.protocol)
        .replaceAll('#{host}', url.hostname)
        .replaceAll('#{port}', String(this.#port))
        .replaceAll('#{path}', url.pathname.slice(1))
        .replaceAll('#{query}', url.search.slice(1));
    const port = Number(fill(action.port));
    const query = fill(action.query);
    const authority = `${fill(action.host)}:${this.#options.localPort(port) ?? port}`;
    const location = `${fill(action.protocol).toLowerCase()}://${authority}${fill(action.path)}${query === '' ? '' : `?${query}`}`;
    answer(response, action.status, { location });
  }
}

function addHeaders(response: ClientResponse, headers: AddedHeaders | undefined): void {
  for (const [name, value] of Object.entries(headers?.() ?? {})) response.setHeader(name, value);
}
