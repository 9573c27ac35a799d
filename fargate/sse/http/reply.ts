import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { AccessDeniedCode, AccessDeniedError } from '../../../backbone/domain/access.ts';
import type { Problem } from '../../../packages/protocol/index.ts';
import type { InvalidInputCode, InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { httpDate } from './http-date.ts';
import type { Part } from './poll-page.ts';

/** A complete answer. Streams have none: they write to the socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In parts when it is large. Node writes them together. */
  readonly body: Part | readonly Part[];
}

/** What can be wrong besides the input's content. */
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

/** A client that is sent away comes back after so many seconds, to another task. */
const RETRY_AFTER = '2';

/** One that has too many streams needs time to end some. */
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

/** The hub's answer to a newcomer that it does not take. */
export function refusal(kind: 'full' | 'overLimit' | 'tooManyChannels' | 'draining' | 'busy'): Reply {
  switch (kind) {
    case 'full':
      return unavailable('task_full', 'this task has as many streams as it may have');
    case 'overLimit':
      return problem(429, 'too_many_streams', 'you have as many streams on this task as you may have', {
        'Retry-After': RETRY_AFTER_LIMIT,
      });
    case 'tooManyChannels':
      return overShare('channels. Close streams, or name fewer channels');
    case 'busy':
      return overShare('responses that you have not read yet');
    case 'draining':
      return unavailable('task_draining', 'this task is about to stop');
  }
}

/** 429: the principal has all that it can be given of what a task's users share. */
export function overShare(what: string): Reply {
  return problem(429, 'too_many_requests', `this task holds as much for you as it can: ${what}`, { 'Retry-After': RETRY_AFTER });
}

/** 401 with what to send (RFC 6750), or 403. */
export function accessDenied({ code, message }: AccessDeniedError): Reply {
  if (code === 'forbidden') return problem(403, code, message);
  const challenge = code === 'token_expired' ? `Bearer realm="lanes", error="invalid_token"` : 'Bearer realm="lanes"';
  return problem(401, code, message, { 'WWW-Authenticate': challenge });
}

export function invalidInput({ code, message }: InvalidInputError): Reply {
  return problem(code === 'data_too_large' ? 413 : 400, code, message);
}

/** A reply with more headers; both may have a `Vary`. */
export function withHeaders(reply: Reply, more: Readonly<Record<string, string>>): Reply {
  const vary = [reply.headers['Vary'], more['Vary']].filter((value) => value !== undefined).join(', ');
  return { ...reply, headers: { ...reply.headers, ...more, ...(vary !== '' && { Vary: vary }) } };
}

/**
 * @param closing asks the client to open a new connection next time, which then reaches another task
 * @param maxStallMs a client that takes nothing of the answer for this long is cut off
 */
export function send(response: ServerResponse, reply: Reply, closing: boolean, maxStallMs: number): void {
  response.writeHead(reply.status, headersOf(reply, closing));
  response.setTimeout(maxStallMs, () => response.destroy());
  response.cork();
  // Node leaves the body out where the request was HEAD.
  for (const part of partsOf(reply)) response.write(part);
  response.end();
}

/** The head of an answer, but for the empty line behind it. */
export function headLines(status: number, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}`;
}

/** Answers on a socket that Node has let go of, and ends the connection. */
export function sendAndClose(socket: Socket, reply: Reply): void {
  socket.cork();
  socket.write(`${headLines(reply.status, { Date: httpDate(), ...headersOf(reply, true) })}\r\n`, 'latin1');
  for (const part of partsOf(reply)) socket.write(part);
  socket.uncork();
  closeSoon(socket);
}

/** Closes a connection when what was written is through, or its client has taken nothing of it for a while. */
export function closeSoon(socket: Socket): void {
  socket.setTimeout(LAST_BYTES_MS, () => socket.destroy()).destroySoon();
}

function partsOf({ body }: Pick<Reply, 'body'>): readonly Part[] {
  return typeof body === 'string' || Buffer.isBuffer(body) ? [body] : (body as readonly Part[]);
}

/** They have no body, and so no length either: that of a 304 would be the file's (RFC 9110, 8.6). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

function headersOf({ status, headers, body }: Reply, closing: boolean): Record<string, string | number> {
  return {
    'X-Content-Type-Options': 'nosniff',
    ...(!BODILESS.has(status) && { 'Content-Length': partsOf({ body }).reduce((sum, part) => sum + Buffer.byteLength(part), 0) }),
    ...headers,
    ...(closing && { Connection: 'close' }),
  };
}
