import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Access, requireRight } from '../../backbone/domain/access.ts';
import { parseChannels } from '../../backbone/domain/channel.ts';
import { parseCursor } from '../../backbone/domain/cursor.ts';
import { InvalidInputError } from '../../backbone/domain/invalid-input.ts';
import { correlationIdOf } from './correlation-id.ts';
import type { EventsRouteOptions } from './events-route.ts';
import type { CorsHeaders } from './origin.ts';
import { problem, type Reply, refusal, unavailable } from './reply.ts';
import { parseTarget, single } from './request-target.ts';
import { SocketSink } from './socket-sink.ts';

export interface StreamRouteOptions extends EventsRouteOptions {
  readonly cors: CorsHeaders;
}

type Opening = Reply | undefined | Promise<Reply | undefined>;

/**
 * `GET /v1/events` as a stream, on a socket that is the stream's alone.
 *
 * Nothing is awaited where the issuer's keys are known and the task serves the channel already: thousands of clients come at
 * once when another task is lost.
 * @param behindHead what the client has sent behind the request's head
 * @returns undefined when the stream is open, or its client has gone
 * @throws InvalidInputError, AccessDeniedError or KeysUnavailableError, at once or later
 */
export function openStream(request: IncomingMessage, socket: Socket, behindHead: Buffer, options: StreamRouteOptions): Opening {
  const { query } = parseTarget(request.url ?? '/');
  const open = (access: Access) => attachStream({ request, socket, behindHead, query, access }, options);
  const access = options.authenticate(request, query);
  return access instanceof Promise ? access.then(open) : open(access);
}

interface StreamRequest {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly behindHead: Buffer;
  readonly query: URLSearchParams;
  readonly access: Access;
}

function attachStream({ request, socket, behindHead, query, access }: StreamRequest, { hub, logger, cors }: StreamRouteOptions): Opening {
  const channels = parseChannels(query.getAll('channel'));
  if (behindHead.length > 0) return problem(400, 'bad_request', 'a connection that has requested a stream takes nothing else');
  if (query.has('after')) {
    throw new InvalidInputError('invalid_parameter', 'after belongs to polls: a stream resumes with Last-Event-ID or ?lastEventId=');
  }
  const lastEventId = lastEventIdOf(request) ?? single(query, 'lastEventId');
  const cursor = lastEventId === undefined ? undefined : parseCursor(lastEventId, channels);
  requireRight(access, 'subscribe', channels);
  // It may have closed while the issuer's keys were fetched, and would not say so again.
  if (socket.destroyed) return undefined;

  const sink = new SocketSink(socket, request, cors(request));
  const attachment = hub.attach({ ...access, channels, cursor }, sink);
  if (attachment.kind !== 'attached') return refusal(attachment.kind);
  const { stream } = attachment;
  sink.serve(stream);
  if (sink.started) return undefined;
  return stream.opened.then(
    // Untouched when the hub began to drain while the stream was opening.
    () => (sink.started || socket.destroyed ? undefined : refusal('draining')),
    (error) => {
      logger.error('could not open a stream', { channels, ...correlationIdOf(request), error });
      return unavailable('unavailable', 'the event log cannot be read right now');
    },
  );
}

/** The header comes from EventSource itself and is newer than what the page's URL says. */
function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
