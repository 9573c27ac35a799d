import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Negotiator from 'negotiator';
import { quote } from '../../../packages/protocol/invalid-input.ts';
import { SSE_PATHS } from '../contract.ts';
import { targetPath } from './request-target.ts';

/** What `GET /v1/events` can be answered with, the default first. */
export const STREAM = 'text/event-stream';
export const POLL = 'application/json';

/** Both are UTF-8, and clients may say so. */
const AVAILABLE = [STREAM, POLL].flatMap((media) => [media, `${media}; charset=utf-8`]);

/** Which of the two the client would rather have; undefined where it takes neither. */
export function preferredMedia(request: IncomingMessage): typeof STREAM | typeof POLL | undefined {
  const { accept } = request.headers;
  // What EventSource sends needs no weighing. An empty list asks for nothing in particular, like none.
  if (accept === STREAM || accept?.trim() === '') return STREAM;
  const media = new Negotiator(request).mediaType(AVAILABLE);
  return media === undefined ? undefined : media.startsWith(STREAM) ? STREAM : POLL;
}

/**
 * A request as Node parses it. One that wants a stream says that it wants to upgrade, whatever its headers say.
 *
 * A stream lasts for hours, and as long as a request lasts Node keeps 13 KB for it: the parser, the message, the response.
 * An upgrade is Node's own way of letting go of all that: the socket comes with the server's `upgrade` event, and nothing
 * behind the head is parsed any more. Node documents that `createServer` takes such a class.
 */
export class TakeoverRequest extends IncomingMessage {
  /** The answer to {@link upgrade}. Node's constructor calls the setter already, so nothing may be initialized here. */
  declare takesSocket: boolean | undefined;

  /** Node asks when it has the head, and again after that: what was true once must stay so. */
  get upgrade(): boolean {
    this.takesSocket ??= this.method === 'CONNECT' || wantsStream(this);
    return this.takesSocket;
  }

  /** Node's opinion, from the `Upgrade` header. There is nothing here to upgrade to: such a request is answered as any other. */
  set upgrade(_value: boolean | null) {}
}

/**
 * Whether a request can be answered by a stream on its own socket. One with a body cannot, nor one that comes while the
 * connection still owes an answer, which would be written into the stream.
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

/** `uri-host [ ":" port ]` (RFC 9110, 7.2), empty where the target has no authority. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** What is wrong with a request's `Host`, which is refused then (RFC 9112, 3.2); undefined where nothing is. */
export function hostFault({ rawHeaders, headers, httpVersion }: IncomingMessage): string | undefined {
  const count = rawHeaders.filter((text, index) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host').length;
  if (count > 1) return `there are ${count} Host headers, but there must be one`;
  if (count === 0) return httpVersion === '1.0' ? undefined : 'there is no Host header, but there must be one';
  return HOST.test(headers.host ?? '') ? undefined : `Host is ${quote(headers.host)}, but must be a name or an address, and maybe a port`;
}

/** How many responses a connection still has to send. */
const pendingResponses = new WeakMap<Socket, number>();

/** Counts the response as pending until it is over. */
export function trackResponse({ socket }: IncomingMessage, response: ServerResponse): void {
  pendingResponses.set(socket, (pendingResponses.get(socket) ?? 0) + 1);
  response.once('close', () => {
    const left = (pendingResponses.get(socket) ?? 0) - 1;
    if (left > 0) pendingResponses.set(socket, left);
    else pendingResponses.delete(socket);
  });
}
