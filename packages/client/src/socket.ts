import type { ClientFrame, ServerFrame, SUBPROTOCOL } from '../../protocol/index.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Tunables } from './options.ts';
import { parseObject } from './parse.ts';
import { invalidToken, type TokenSource } from './token.ts';
import { guard, startTimer } from './wait.ts';

const PROTOCOL: typeof SUBPROTOCOL = 'lanes.v1.json';

/** `WebSocket.OPEN`: an injected class may lack the constant. */
const OPEN = 1;

/** Codes of `error` frames after which the same request may succeed. */
const TRANSIENT = new Set([
  'internal',
  'publish_contended',
  'too_many_publications',
  'replay_incomplete',
  'connection_unknown',
  'throttled',
  'unavailable',
]);

export interface SocketOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly options: Tunables;
  readonly WebSocket: typeof WebSocket | undefined;
}

export type ResponseFrame = Exclude<ServerFrame, { readonly kind: 'event' | 'events' | 'reset' | 'ephemeral' | 'presence' }>;
/** A frame that does not answer a request. */
export type PushFrame = Extract<ServerFrame, { readonly kind: 'event' | 'reset' | 'ephemeral' | 'presence' }>;
type Request = ClientFrame extends infer Frame ? (Frame extends unknown ? Omit<Frame, 'requestId'> : never) : never;

/** @param from the socket that it arrived on */
export type OnPush = (push: PushFrame, from: LaneSocket) => void;

interface PendingRequest {
  /** Returns whether that was the last response. */
  readonly onResponse: (response: ResponseFrame) => boolean;
  readonly end: (error?: LanesError) => void;
}

/** One WebSocket: requests and their responses, and whether it is still alive. */
export class LaneSocket {
  /** Resolves with the reason when the socket has closed. */
  readonly lost: Promise<LanesError>;
  readonly #socket: WebSocket;
  readonly #answerTimeoutMs: number;
  readonly #pending = new Map<string, PendingRequest>();
  #heardAtMs = Date.now();
  #requests = 0;
  #lose: (reason: LanesError) => void = () => {};

  /**
   * @param renewToken reports that the token was refused, and returns whether the application can provide
   * another
   */
  constructor(socket: WebSocket, answerTimeoutMs: number, onPush: OnPush, renewToken: () => boolean) {
    this.#socket = socket;
    this.#answerTimeoutMs = answerTimeoutMs;
    socket.onclose = ({ code, reason }) => this.close(toCloseError(code, reason, renewToken));
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    socket.onmessage = ({ data }: MessageEvent) => {
      this.#heardAtMs = Date.now();
      try {
        this.#receive(parseObject(data), onPush, renewToken);
      } catch (cause) {
        this.close(new LanesError('invalid_frame', 'the server sent a frame that cannot be read', { cause }));
      }
    };
  }

  /**
   * Sends a frame and passes on its responses until `onResponse` has received the last one.
   * @throws LanesError with the code of an `error` frame; `no_answer`; or why the socket was lost
   */
  request(frame: Request, onResponse: PendingRequest['onResponse']): Promise<void> {
    return new Promise((resolve, reject) => {
      const requestId = `${++this.#requests}`;
      const sentAtMs = Date.now();
      const timer = startTimer(this.#answerTimeoutMs, () => {
        const error = new LanesError('no_answer', `no answer to ${frame.action} in ${this.#answerTimeoutMs} ms`);
        // Silence means that the socket is dead. If other frames arrived, only this answer is lost.
        if (this.#heardAtMs <= sentAtMs) this.close(error);
        else end(error);
      });
      const end = (error?: LanesError) => {
        clearTimeout(timer);
        this.#pending.delete(requestId);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#pending.set(requestId, { onResponse, end });
      // On a closing socket, send() does nothing and browsers log an error. Its `close` event tells why the
      // request failed.
      if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify({ ...frame, requestId }));
    });
  }

  /** Idempotent. Pending requests fail with the reason. */
  close(reason: LanesError): void {
    const socket = this.#socket;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.#lose(reason);
    this.#failPending(reason);
  }

  #failPending(reason: LanesError): void {
    for (const { end } of [...this.#pending.values()]) end(reason);
  }

  #receive(frame: ServerFrame, onPush: OnPush, renewToken: () => boolean): void {
    if (frame.kind === undefined) {
      // API Gateway itself reports that it could not run the handler, in its own format, which does not name
      // the request.
      this.#failPending(new LanesError('unavailable', 'the server could not handle a frame'));
    } else if (frame.kind === 'event' || frame.kind === 'reset' || frame.kind === 'ephemeral' || frame.kind === 'presence') {
      onPush(frame, this);
    } else if (frame.kind === 'events') {
      for (const event of frame.events) onPush({ kind: 'event', channel: frame.channel, ...event }, this);
    } else {
      const request = this.#pending.get(frame.requestId ?? '');
      if (frame.kind === 'error') {
        const { code, message, retryAfterMs } = frame;
        // API Gateway cannot send our close codes, so an expired token is reported as a frame.
        const isExpired = code === 'token_expired';
        const error = isExpired
          ? new LanesError(code, message, { status: 401, final: !renewToken() })
          : new LanesError(code, message, { final: !TRANSIENT.has(code), retryAfterMs });
        if (isExpired || code === 'connection_unknown') this.close(error);
        request?.onResponse(frame);
        request?.end(error);
      } else if (request?.onResponse(frame)) {
        request.end();
      }
    }
  }
}

/** @throws LanesError if the socket does not open; the reason of `signal` */
export async function openSocket(
  { url, token, options, WebSocket: Injected }: SocketOptions,
  signal: AbortSignal,
  onPush: OnPush,
): Promise<LaneSocket> {
  const watch = guard(signal);
  try {
    const bearer = await token.get(watch);
    signal.throwIfAborted();
    const socket = construct(Injected ?? WebSocket, url, bearer === undefined ? [PROTOCOL] : [PROTOCOL, `bearer.${bearer}`]);
    const lane = new LaneSocket(socket, options.answerTimeoutMs, onPush, () => token.refuse(bearer));
    // A `close` event follows, which tells more.
    socket.onerror = () => {};
    watch.expect(options.answerTimeoutMs, 'no_answer', 'the socket did not open');
    const opened = new Promise((resolve) => {
      socket.onopen = resolve;
    });
    try {
      await watch.race(Promise.race([opened, lane.lost.then((reason) => Promise.reject(reason))]));
      return lane;
    } catch (thrown) {
      // A refused upgrade does not show its status: the token may have been the reason.
      if (!signal.aborted) token.refuse(bearer);
      lane.close(toLanesError(thrown));
      throw thrown;
    }
  } finally {
    watch.release();
  }
}

/**
 * The constructor throws for what can never work: a token that is not a valid sub-protocol, or `ws:` on a
 * page loaded with `https:`.
 */
function construct(Socket: typeof WebSocket, url: string, protocols: string[]): WebSocket {
  try {
    return new Socket(url, protocols);
  } catch (cause) {
    const { name, message } = cause as Error;
    throw name === 'SyntaxError' ? invalidToken(cause) : new LanesError('invalid_socket', message, { final: true, cause });
  }
}

/** Our own close codes are 4000 plus an HTTP status; others say nothing about the request. */
function toCloseError(code: number, reason: string, renewToken: () => boolean): LanesError {
  const detail = reason || `the socket was closed with ${code}`;
  const status = code >= 4400 && code < 4500 ? code - 4000 : undefined;
  return status === 401
    ? new LanesError('token_expired', detail, { status, final: !renewToken() })
    : new LanesError('socket_closed', detail, { status });
}
