import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Access, requireRight } from '../../../backbone/domain/access.ts';
import { parseChannels } from '../../../packages/protocol/channel.ts';
import { KINDS_HEADER } from '../../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import { cursorOf, kindsHeader } from './channel-kinds.ts';
import { correlationIdOf } from './correlation-id.ts';
import type { EventsRouteOptions } from './events-route.ts';
import type { CorsHeaders } from './origin.ts';
import { presenceOf } from './presence-parameters.ts';
import { overPresenceRate, problem, type Reply, refusal, unavailable } from './reply.ts';
import { parseTarget, single } from './request-target.ts';
import { SocketSink } from './socket-sink.ts';

/** A quiet stream is ticked twice in this time: with 10,000 streams that takes a tenth of a core (ADR 32). */
const MIN_HEARTBEAT_SECONDS = 2;

export interface StreamRouteOptions extends EventsRouteOptions {
  readonly cors: CorsHeaders;
}

type Opening = Reply | undefined | Promise<Reply | undefined>;

/**
 * `GET /v1/events` as a stream, on a socket that belongs to the stream alone.
 *
 * Nothing is awaited if the issuer's keys are known, the task already follows the channels and no other
 * request waits.
 * @param behindHead what the client has sent after the request's head
 * @returns undefined if the stream is open or its client has left
 * @throws InvalidInputError, AccessDeniedError or KeysUnavailableError, synchronously or as a rejection
 */
export function openStream(request: IncomingMessage, socket: Socket, behindHead: Buffer, options: StreamRouteOptions): Opening {
  const { query } = parseTarget(request.url ?? '/');
  const open = (access: Access) =>
    options.budget.turns.forRequest(access.principal, () => attachStream({ request, socket, behindHead, query, access }, options));
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

function attachStream(
  { request, socket, behindHead, query, access }: StreamRequest,
  { hub, logger, cors, presenceRate }: StreamRouteOptions,
): Opening {
  const channels = parseChannels(query.getAll('channel'));
  if (behindHead.length > 0)
    return problem(400, 'bad_request', 'the connection of a stream accepts no other data: send the next request on another connection');
  if (query.has('after')) {
    throw new InvalidInputError('invalid_parameter', 'after is for polls: a stream resumes with Last-Event-ID or ?lastEventId=');
  }
  const lastEventId = lastEventIdOf(request) ?? single(query, 'lastEventId');
  const cursor = cursorOf(lastEventId, channels, hub.kindOf);
  const heartbeatIntervalMs = parseHeartbeat(single(query, 'heartbeat'), hub.heartbeatIntervalMs);
  requireRight(access, 'subscribe', channels);
  const presence = presenceOf(query, channels);
  if (presence?.present !== undefined && !presenceRate.take(access.principal, channels.length)) return overPresenceRate(presenceRate);
  // The socket may have closed while waiting for its turn, and would not emit `close` again.
  if (socket.destroyed) return undefined;

  const kinds = kindsHeader(channels, hub.kindOf);
  // The sink caches the head of streams without such channels by the headers' object.
  const headers = KINDS_HEADER in kinds ? { ...cors(request), ...kinds } : cors(request);
  const sink = new SocketSink(socket, request, headers);
  const attachment = hub.attach({ ...access, channels, cursor, heartbeatIntervalMs, ...(presence && { presence }) }, sink);
  if (attachment.kind !== 'attached') return refusal(attachment.kind);
  const { stream } = attachment;
  sink.serve(stream);
  if (sink.started) return undefined;
  return stream.opened.then(
    // The sink is unused if the hub began to drain while the stream was opening, or others needed the places
    // of its channels.
    () => (sink.started || socket.destroyed ? undefined : refusal(hub.isDraining ? 'draining' : 'tooManyChannels')),
    (error) => {
      logger.error('could not open a stream', { channels, ...correlationIdOf(request), error });
      return unavailable('unavailable', 'the event log cannot be read right now: try again');
    },
  );
}

/**
 * The longest silence that the client asks for. Some clients consider a stream dead before the stage's own
 * heartbeat arrives: OkHttp after 10 s, okhttp-eventsource after about 5 s.
 * @throws InvalidInputError `invalid_parameter`
 */
function parseHeartbeat(text: string | undefined, longestMs: number): number {
  if (text === undefined) return longestMs;
  const seconds = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= MIN_HEARTBEAT_SECONDS && seconds * 1_000 <= longestMs) return seconds * 1_000;
  throw new InvalidInputError(
    'invalid_parameter',
    `heartbeat is ${quote(text)}, but must be a whole number of seconds from ${MIN_HEARTBEAT_SECONDS} to ${Math.floor(longestMs / 1_000)}`,
  );
}

/** The header comes from EventSource itself and is newer than the query in the page's URL. */
function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
