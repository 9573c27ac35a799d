import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { AccessDeniedCode, AccessDeniedError } from '../../../backbone/domain/access.ts';
import type { Problem } from '../../../packages/protocol/index.ts';
import type { InvalidInputCode, InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { httpDate } from './http-date.ts';
import type { Part } from './poll-page.ts';

/** A complete response. Streams have none: they write to the socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In parts if it is large. Node writes them together. */
  readonly body: Part | readonly Part[];
}

/** What can be wrong besides the content of the input. */
export type ProblemCode =
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'request_timeout'
  | 'task_full'
  | 'too_many_streams'
  | 'too_many_publications'
  | 'idempotency_conflict'
  | 'too_many_requests'
  | 'task_draining'
  | 'unavailable'
  | 'internal';

/** A refused client reconnects after this many seconds, to another task. */
const RETRY_AFTER = '2';

/** A client with too many streams needs time to end some. */
const RETRY_AFTER_LIMIT = '10';

const LAST_BYTES_MS = 2_000;

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers }, body: JSON.stringify(value) };
}

/** RFC 9457 problem details. `detail` is a sentence that names the bad value. */
export function problem(
  status: number,
  code: ProblemCode | InvalidInputCode | AccessDeniedCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const title = STATUS_CODES[status] ?? 'Error';
  const value: Problem = { type: 'about:blank', title, status, code, detail };
  return json(status, value, { 'Content-Type': 'application/problem+json', ...headers });
}

/** 503: nothing is wrong with the request, and it may be sent again. */
export function unavailable(code: 'task_full' | 'task_draining' | 'unavailable', detail: string): Reply {
  return problem(503, code, detail, { 'Retry-After': RETRY_AFTER });
}

/** The response to a stream or poll that the hub refused. */
export function refusal(kind: 'full' | 'overLimit' | 'tooManyChannels' | 'draining' | 'busy'): Reply {
  switch (kind) {
    case 'full':
      return unavailable('task_full', 'this task has reached its stream limit: reconnect to reach another task');
    case 'overLimit':
      return problem(
        429,
        'too_many_streams',
        'Stream limit reached: you have the most streams that one user may have on this task. Close some',
        {
          'Retry-After': RETRY_AFTER_LIMIT,
        },
      );
    case 'tooManyChannels':
      return overShare('channels. Close streams, or subscribe to fewer channels');
    case 'busy':
      return overShare('responses that you have not read yet. Read them, then try again');
    case 'draining':
      return unavailable('task_draining', 'this task is about to stop: reconnect to reach another task');
  }
}

/** 429: the principal has reached its share of something that a task's users share. */
export function overShare(what: string): Reply {
  return problem(429, 'too_many_requests', `you have reached your share of what this task can hold: ${what}`, {
    'Retry-After': RETRY_AFTER,
  });
}

/** 429: the principal comes to channels too often. */
export function overPresenceRate({ perSecond }: { readonly perSecond: number }): Reply {
  const detail = `Presence limit reached: one user may come to at most ${perSecond} channels a second on one task. Try again`;
  return problem(429, 'too_many_requests', detail, { 'Retry-After': '1' });
}

/** 401 with the header that says what to send (RFC 6750), or 403. */
export function accessDenied({ code, message }: AccessDeniedError): Reply {
  if (code === 'forbidden') return problem(403, code, message);
  const challenge = code === 'token_expired' ? `Bearer realm="lanes", error="invalid_token"` : 'Bearer realm="lanes"';
  return problem(401, code, message, { 'WWW-Authenticate': challenge });
}

export function invalidInput({ code, message }: InvalidInputError): Reply {
  return problem(code === 'data_too_large' ? 413 : 400, code, message);
}

/** A reply with more headers. Both may have a `Vary`. */
export function withHeaders(reply: Reply, more: Readonly<Record<string, string>>): Reply {
  const vary = [reply.headers['Vary'], more['Vary']].filter((value) => value !== undefined).join(', ');
  return { ...reply, headers: { ...reply.headers, ...more, ...(vary !== '' && { Vary: vary }) } };
}

/**
 * @param closing asks the client to open a new connection next time, which then reaches another task
 * @param maxStallMs a client that takes nothing of the response for this long is disconnected
 */
export function send(response: ServerResponse, reply: Reply, closing: boolean, maxStallMs: number): void {
  response.writeHead(reply.status, headersOf(reply, closing));
  response.setTimeout(maxStallMs, () => response.destroy());
  response.cork();
  // Node leaves out the body if the request was HEAD.
  for (const part of partsOf(reply)) response.write(part);
  response.end();
}

/** The head of a response, without the empty line after it. */
export function headLines(status: number, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}`;
}

/** Responds on a socket that Node has released, and closes the connection. */
export function sendAndClose(socket: Socket, reply: Reply): void {
  socket.cork();
  socket.write(`${headLines(reply.status, { Date: httpDate(), ...headersOf(reply, true) })}\r\n`, 'latin1');
  for (const part of partsOf(reply)) socket.write(part);
  socket.uncork();
  closeSoon(socket);
}

/** Closes a connection once everything was sent, or its client has taken nothing for a while. */
export function closeSoon(socket: Socket): void {
  socket.setTimeout(LAST_BYTES_MS, () => socket.destroy()).destroySoon();
}

function partsOf({ body }: Pick<Reply, 'body'>): readonly Part[] {
  return typeof body === 'string' || Buffer.isBuffer(body) ? [body] : (body as readonly Part[]);
}

/** These have no body, and therefore no length: for a 304 it would be that of the file (RFC 9110, 8.6). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

function headersOf({ status, headers, body }: Reply, closing: boolean): Record<string, string | number> {
  return {
    'X-Content-Type-Options': 'nosniff',
    ...(!BODILESS.has(status) && { 'Content-Length': partsOf({ body }).reduce((sum, part) => sum + Buffer.byteLength(part), 0) }),
    ...headers,
    ...(closing && { Connection: 'close' }),
  };
}
