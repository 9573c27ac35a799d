import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { POST_TIMEOUT_MS } from '../contract.ts';
import type { ConnectionPoster } from '../ports.ts';
import { classifyAnswer, isExpiredToken, noResponse } from './connection-poster.ts';
import { createManagementClient } from './management-client.ts';
import { PostSigner, type PostSignerOptions } from './post-signer.ts';

/** Enough for the service's own messages; an error page from something in between may be of any length. */
const MAX_REASON_LENGTH = 200;

/** If a response has more than this, reading it to its end costs more than a new socket. */
const MAX_ANSWER_BYTES = 16 * 1024;

export interface SignedPosterOptions extends Pick<PostSignerOptions, 'region' | 'credentials'> {
  /** The management endpoint of the API's stage, `https://…/<stage>`. */
  readonly endpoint: string;
  /** Number of sockets, and therefore of posts in flight. Further posts wait. */
  readonly connections: number;
  /** How long the service may take for one response. @default {@link POST_TIMEOUT_MS} */
  readonly requestTimeoutMs?: number;
}

export interface SignedPoster extends ConnectionPoster {
  /** Closes the sockets once the posts in flight have their responses. */
  close(): Promise<void>;
}

/**
 * Posts with requests of our own: for the fan-out, which posts the same frame to thousands of connections and
 * does little else. The SDK's client takes about ten times as much CPU per post
 * (docs/decisions/0010-posts-signed-and-sent-by-ourselves.md; `npm run bench:fan-out` measures it).
 */
export function createSignedPoster(options: SignedPosterOptions): SignedPoster {
  const { region, credentials, connections, requestTimeoutMs = POST_TIMEOUT_MS } = options;
  const endpoint = new URL(options.endpoint);
  const signer = new PostSigner({ endpoint, region, credentials });
  const pool = new Pool(endpoint.origin, {
    connections,
    connect: { timeout: requestTimeoutMs },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  });
  return {
    async post(connectionId, frame, signal) {
      const signed = await signer.sign(connectionId, frame, Date.now());
      if (signal?.aborted === true) return noResponse(signal.reason);
      const { path, headers, body } = signed;
      const { promise, resolve } = Promise.withResolvers<RawResponse>();
      const reader = new ResponseReader(resolve);
      const underWay = signal === undefined ? undefined : postsUnder(signal);
      underWay?.add(reader);
      pool.dispatch({ method: 'POST', path, headers, body }, reader);
      const answer = await promise;
      underWay?.delete(reader);
      if ('error' in answer) return noResponse(answer.error);
      const { status, type, message } = answer;
      if (isExpiredToken(status, type)) signer.renewCredentials(signed);
      return classifyAnswer(status, type, message);
    },
    close: () => pool.close(),
  };
}

/**
 * A signed poster with the Region and the credentials of the environment.
 * @param endpoint the management endpoint of the API's stage
 * @param connections the most posts in flight
 */
export function createSignedPosterFromEnvironment(endpoint: string, connections: number): SignedPoster {
  const { region, credentials } = createManagementClient().config;
  return createSignedPoster({ endpoint, region, credentials, connections });
}

type RawResponse = { readonly status: number; readonly type: string; readonly message: string } | { readonly error: unknown };
type Controller = Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestStart']>>[0];

const postsBySignal = new WeakMap<AbortSignal, Set<ResponseReader>>();

/**
 * The posts that a signal ends. One listener serves all of them: with one listener each, hundreds of posts on
 * the same signal would cause a linear search of its listeners for every post.
 */
function postsUnder(signal: AbortSignal): Set<ResponseReader> {
  const known = postsBySignal.get(signal);
  if (known !== undefined) return known;
  const posts = new Set<ResponseReader>();
  postsBySignal.set(signal, posts);
  signal.addEventListener('abort', () => {
    for (const post of posts) post.giveUp(signal.reason);
  });
  return posts;
}

/**
 * Reads the response to one post: its status, and for a refusal the beginning of the body, which has the
 * reason.
 */
class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #settle: (answer: RawResponse) => void;
  #controller: Controller | undefined;
  #givenUp: Error | undefined;
  #status = 0;
  #type = '';
  #message = '';
  #bytes = 0;

  constructor(settle: (answer: RawResponse) => void) {
    this.#settle = settle;
  }

  giveUp(reason: unknown): void {
    this.#givenUp = reason instanceof Error ? reason : new Error(String(reason));
    // Settles at once: a post that still waits for a socket has no controller, and is dropped when it gets
    // one.
    this.#settle({ error: reason });
    this.#controller?.abort(this.#givenUp);
  }

  /** Called when a socket is free for the post. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#givenUp !== undefined) controller.abort(this.#givenUp);
  }

  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    if (status >= 300) this.#type = errorType(headers['x-amzn-errortype']);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#status >= 300 && this.#message.length < MAX_REASON_LENGTH)
      this.#message = (this.#message + chunk.toString()).slice(0, MAX_REASON_LENGTH);
    if (this.#bytes <= MAX_ANSWER_BYTES) return;
    this.#answered();
    controller.abort(new Error('the response is too long'));
  }

  onResponseEnd(): void {
    this.#answered();
  }

  onResponseError(_: Controller, error: Error): void {
    this.#settle({ error });
  }

  #answered(): void {
    this.#settle({ status: this.#status, type: this.#type, message: this.#message });
  }
}

/** `GoneException`, even if a service appends a namespace: `GoneException:http://…`. */
function errorType(header: string | string[] | undefined): string {
  const [first = ''] = [header ?? ''].flat();
  return first.split(':')[0] ?? '';
}
