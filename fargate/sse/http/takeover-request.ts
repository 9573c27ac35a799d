import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Negotiator from 'negotiator';
import { quote } from '../../../packages/protocol/invalid-input.ts';
import { SSE_PATHS } from '../contract.ts';
import { targetPath } from './request-target.ts';

/** The media types that `GET /v1/events` can respond with, the default first. */
export const STREAM = 'text/event-stream';
export const POLL = 'application/json';

/** Both are UTF-8, and clients may ask for that. */
const AVAILABLE = [STREAM, POLL].flatMap((media) => [media, `${media}; charset=utf-8`]);

/** Which of the two the client prefers; undefined if it accepts neither. */
export function preferredMedia(request: IncomingMessage): typeof STREAM | typeof POLL | undefined {
  const { accept } = request.headers;
  // What EventSource sends needs no parsing. An empty list accepts anything, just like a missing header.
  if (accept === STREAM || accept?.trim() === '') return STREAM;
  const media = new Negotiator(request).mediaType(AVAILABLE);
  return media === undefined ? undefined : media.startsWith(STREAM) ? STREAM : POLL;
}

/**
 * A request as Node parses it, except that a request for a stream claims to be an upgrade, whatever its
 * headers say.
 *
 * A stream lasts for hours, and for as long as a request lasts Node keeps 13 KB for it: the parser, the
 * message, the response. An upgrade is Node's own way of releasing all that: the socket comes with the
 * server's `upgrade` event, and nothing after the head is parsed. Node documents that `createServer` accepts
 * such a class.
 */
export class TakeoverRequest extends IncomingMessage {
  /**
   * The value of {@link upgrade}. Node's constructor already calls the setter, so nothing may be initialized
   * here.
   */
  declare takesSocket: boolean | undefined;

  /** Node reads this when it has the head, and again later: the value must not change. */
  get upgrade(): boolean {
    this.takesSocket ??= this.method === 'CONNECT' || wantsStream(this);
    return this.takesSocket;
  }

  /**
   * Node sets this from the `Upgrade` header. Nothing here can be upgraded to, so such a request is answered
   * like any other.
   */
  set upgrade(_value: boolean | null) {}
}

/**
 * Whether a request can be answered by a stream on its own socket. Not if it has a body, and not if the
 * connection still has to send another response, which would end up in the stream.
 */
function wantsStream(request: IncomingMessage): boolean {
  const { method, url = '', headers, socket } = request;
  return (
    method === 'GET' &&
    targetPath(url) === SSE_PATHS.events &&
    hostFault(request) === undefined &&
    headers.expect === undefined &&
    (headers['content-length'] ?? '0') === '0' &&
    headers['transfer-encoding'] === undefined &&
    !pendingResponses.has(socket) &&
    preferredMedia(request) === STREAM
  );
}

/** `uri-host [ ":" port ]` (RFC 9110, 7.2); empty if the target has no authority. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/**
 * What is wrong with a request's `Host`, which must then be refused (RFC 9112, 3.2); undefined if it is
 * valid.
 */
export function hostFault({ rawHeaders, headers, httpVersion }: IncomingMessage): string | undefined {
  const count = rawHeaders.filter((text, index) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host').length;
  if (count > 1) return `the request has ${count} Host headers, but must have one`;
  if (count === 0) return httpVersion === '1.0' ? undefined : 'the request has no Host header, but must have one';
  return HOST.test(headers.host ?? '')
    ? undefined
    : `Host is ${quote(headers.host)}, but must be a name or an address, with an optional port`;
}

/** How many responses a connection still has to send. */
const pendingResponses = new WeakMap<Socket, number>();

/** Counts the response as pending until it is finished. */
export function trackResponse({ socket }: IncomingMessage, response: ServerResponse): void {
  pendingResponses.set(socket, (pendingResponses.get(socket) ?? 0) + 1);
  response.once('close', () => {
    const left = (pendingResponses.get(socket) ?? 0) - 1;
    if (left > 0) pendingResponses.set(socket, left);
    else pendingResponses.delete(socket);
  });
}
