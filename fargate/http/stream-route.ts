import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { parseChannels } from '../../backbone/domain/channel.ts';
import { parseCursor } from '../../backbone/domain/cursor.ts';
import { InvalidInputError } from '../../backbone/domain/invalid-input.ts';
import type { EventsRouteOptions } from './events-route.ts';
import { anonymousPrincipal } from './principal.ts';
import { problem, type Reply, refusal, unavailable } from './reply.ts';
import { parseTarget, single } from './request-target.ts';
import { SocketSink } from './socket-sink.ts';

/**
 * `GET /v1/events` as a stream, on a socket that is the stream's alone.
 *
 * Nothing is awaited where the task serves the channel already: thousands of clients come at once when another task is lost.
 * @param behindHead what the client has sent behind the request's head
 * @returns undefined when the stream is open, or its client has gone
 * @throws InvalidInputError
 */
export function openStream(
  request: IncomingMessage,
  socket: Socket,
  behindHead: Buffer,
  { hub, logger, principalOf = anonymousPrincipal }: EventsRouteOptions,
): Reply | undefined | Promise<Reply | undefined> {
  const { query } = parseTarget(request.url ?? '/');
  const channels = parseChannels(query.getAll('channel'));
  if (behindHead.length > 0) return problem(400, 'bad_request', 'a connection that has requested a stream takes nothing else');
  if (query.has('after')) {
    throw new InvalidInputError('invalid_parameter', 'after belongs to polls: a stream resumes with Last-Event-ID or ?lastEventId=');
  }
  const lastEventId = lastEventIdOf(request) ?? single(query, 'lastEventId');
  const cursor = lastEventId === undefined ? undefined : parseCursor(lastEventId, channels);

  const sink = new SocketSink(socket);
  const attachment = hub.attach({ channels, cursor, principal: principalOf(request) }, sink);
  if (attachment.kind !== 'attached') return refusal(attachment.kind);
  const { stream } = attachment;
  sink.serve(stream);
  if (sink.started) return undefined;
  return stream.opened.then(
    // Untouched when the hub began to drain while the stream was opening.
    () => (sink.started || socket.destroyed ? undefined : refusal('draining')),
    (error) => {
      logger.error('could not open a stream', { channels, error });
      return unavailable('unavailable', 'the event log cannot be read right now');
    },
  );
}

/** The header comes from EventSource itself and is newer than what the page's URL says. */
function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
