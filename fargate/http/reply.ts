import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { InvalidInputCode, InvalidInputError } from '../../backbone/domain/invalid-input.ts';
import type { Problem } from '../../backbone/protocol.ts';

/** A complete answer. Streams have none: they write to the socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What can be wrong besides the input's content. */
export type EdgeCode =
  | 'bad_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'request_timeout'
  | 'task_full'
  | 'too_many_streams'
  | 'task_draining'
  | 'unavailable'
  | 'internal';

/** A client that is sent away comes back after so many seconds, to another task. */
const RETRY_AFTER = '2';

/** One that has too many streams needs time to end some. */
const RETRY_AFTER_LIMIT = '10';

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers }, body: JSON.stringify(value) };
}

/** RFC 9457 problem details. `detail` is a sentence that names the bad value. */
export function problem(
  status: number,
  code: EdgeCode | InvalidInputCode,
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

/** 429: the same request may be sent again once the client has ended others. */
export function tooManyStreams(): Reply {
  return problem(429, 'too_many_streams', 'you have as many streams on this task as you may have', { 'Retry-After': RETRY_AFTER_LIMIT });
}

export function invalidInput({ code, message }: InvalidInputError): Reply {
  return problem(code === 'data_too_large' ? 413 : 400, code, message);
}

/** @param closing asks the client to open a new connection next time, which then reaches another task */
export function send(response: ServerResponse, { status, headers, body }: Reply, closing: boolean): void {
  if (closing) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'X-Content-Type-Options': 'nosniff', 'Content-Length': Buffer.byteLength(body), ...headers });
  // Node leaves the body out where the request was HEAD.
  response.end(body);
}
