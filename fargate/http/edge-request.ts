import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Negotiator from 'negotiator';
import { SSE_PATHS } from '../../backbone/contract.ts';
import { targetPath } from './request-target.ts';

/** What `GET /v1/events` can be answered with, the default first. */
export const STREAM = 'text/event-stream';
export const POLL = 'application/json';

/** Which of the two the client would rather have; undefined where it takes neither. */
export function preferredMedia(request: IncomingMessage): string | undefined {
  // What EventSource sends needs no weighing.
  if (request.headers.accept === STREAM) return STREAM;
  return new Negotiator(request).mediaType([STREAM, POLL]);
}

/**
 * A request as Node parses it. One that wants a stream says that it wants to upgrade, whatever its headers say.
 *
 * A stream lasts for hours, and as long as a request lasts Node keeps 13 KB for it: the parser, the message, the response.
 * An upgrade is Node's own way of letting go of all that: the socket comes with the server's `upgrade` event, and nothing
 * behind the head is parsed any more. Node documents that `createServer` takes such a class.
 */
export class EdgeRequest extends IncomingMessage {
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
    headers.host !== undefined &&
    headers.expect === undefined &&
    (headers['content-length'] ?? '0') === '0' &&
    headers['transfer-encoding'] === undefined &&
    !unanswered.has(socket) &&
    preferredMedia(request) === STREAM
  );
}

/** How many answers a connection owes. */
const unanswered = new WeakMap<Socket, number>();

/** Counts an answer as owed until the response is over. */
export function oweAnswer({ socket }: IncomingMessage, response: ServerResponse): void {
  unanswered.set(socket, (unanswered.get(socket) ?? 0) + 1);
  response.once('close', () => {
    const left = (unanswered.get(socket) ?? 0) - 1;
    if (left > 0) unanswered.set(socket, left);
    else unanswered.delete(socket);
  });
}
