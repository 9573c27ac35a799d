import type { IncomingMessage, ServerResponse } from 'node:http';
import Negotiator from 'negotiator';
import { parseChannels } from '../../backbone/domain/channel.ts';
import { type Cursor, formatCursor, parseCursor } from '../../backbone/domain/cursor.ts';
import { toWireEvent } from '../../backbone/domain/event.ts';
import { InvalidInputError, quote } from '../../backbone/domain/invalid-input.ts';
import type { PollAnswer } from '../../backbone/protocol.ts';
import type { Hub } from '../hub/hub.ts';
import type { PollPage } from '../hub/poll.ts';
import type { Logger } from '../logger.ts';
import { anonymousPrincipal, type PrincipalOf } from './principal.ts';
import { json, problem, type Reply, tooManyStreams, unavailable } from './reply.ts';
import { single } from './request-target.ts';
import { SocketSink } from './socket-sink.ts';

const STREAM = 'text/event-stream';
const POLL = 'application/json';

/** Below every idle timeout on the way, the balancer's 60 s by default included. */
const MAX_WAIT_SECONDS = 25;

export interface EventsRouteOptions {
  readonly hub: Hub;
  readonly logger: Logger;
  /** @default everybody is the anonymous one */
  readonly principalOf?: PrincipalOf;
}

/**
 * `GET /v1/events`: a stream, or a poll where the client prefers JSON.
 * @returns undefined when the response is a stream, or its client has gone
 */
export async function getEvents(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  options: EventsRouteOptions,
): Promise<Reply | undefined> {
  const preferred = new Negotiator(request).mediaType([STREAM, POLL]);
  if (preferred === undefined) {
    const accept = quote(request.headers.accept);
    return problem(406, 'not_acceptable', `Accept is ${accept}, but there are only ${STREAM} and ${POLL}`, { Vary: 'Accept' });
  }
  const channels = parseChannels(query.getAll('channel'));
  return preferred === STREAM
    ? openStream(request, response, channels, query, options)
    : pollPage(request, response, channels, query, options);
}

async function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  channels: readonly string[],
  query: URLSearchParams,
  { hub, logger, principalOf = anonymousPrincipal }: EventsRouteOptions,
): Promise<Reply | undefined> {
  if (query.has('after')) {
    throw new InvalidInputError('invalid_parameter', 'after belongs to polls: a stream resumes with Last-Event-ID or ?lastEventId=');
  }
  const lastEventId = lastEventIdOf(request) ?? single(query, 'lastEventId');
  const cursor = lastEventId === undefined ? undefined : parseCursor(lastEventId, channels);
  const { socket } = response;
  if (socket === null) return problem(400, 'bad_request', 'a stream cannot be requested while the connection answers another request');

  const sink = new SocketSink(response, socket);
  const attachment = hub.attach({ channels, cursor, principal: principalOf(request) }, sink);
  if (attachment.kind !== 'attached') return refusal(attachment.kind);
  const { stream } = attachment;
  sink.onDrained = () => stream.wake();
  response.on('close', () => stream.detach());
  try {
    await stream.opened;
  } catch (error) {
    logger.error('could not open a stream', { channels, error });
    return unavailable('unavailable', 'the event log cannot be read right now');
  }
  // The hub began to drain while the stream was opening.
  return sink.started || response.destroyed ? undefined : refusal('draining');
}

/** The header comes from EventSource itself and is newer than what the page's URL says. */
function lastEventIdOf(request: IncomingMessage): string | undefined {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function pollPage(
  request: IncomingMessage,
  response: ServerResponse,
  channels: readonly string[],
  query: URLSearchParams,
  { hub, logger, principalOf = anonymousPrincipal }: EventsRouteOptions,
): Promise<Reply | undefined> {
  if (query.has('lastEventId')) {
    throw new InvalidInputError('invalid_parameter', 'lastEventId belongs to streams: a poll resumes with ?after=');
  }
  const after = single(query, 'after');
  const waitMs = waitSeconds(single(query, 'waitSeconds')) * 1000;
  const cursor = after === undefined ? undefined : parseCursor(after, channels);
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    const outcome = await hub.poll({ channels, cursor, principal: principalOf(request) }, waitMs, left.signal);
    if (outcome.kind !== 'page') return refusal(outcome.kind);
    return json(200, toAnswer(channels, outcome.page), { Vary: 'Accept' });
  } catch (error) {
    if (left.signal.aborted) return undefined;
    logger.error('could not answer a poll', { channels, error });
    return unavailable('unavailable', 'the event log cannot be read right now');
  }
}

function waitSeconds(text: string | undefined): number {
  if (text === undefined) return 0;
  const seconds = /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidInputError(
    'invalid_parameter',
    `waitSeconds is ${quote(text)}, but must be a whole number from 0 to ${MAX_WAIT_SECONDS}`,
  );
}

function toAnswer(channels: readonly string[], { events, cursor, resets }: PollPage): PollAnswer {
  const answer = { events: events.map(toWireEvent), cursor: formatCursor(channels, cursor as Cursor) };
  return resets.length === 0 ? answer : { ...answer, resets };
}

function refusal(kind: 'full' | 'overLimit' | 'draining'): Reply {
  switch (kind) {
    case 'full':
      return unavailable('task_full', 'this task has as many streams as it may have');
    case 'overLimit':
      return tooManyStreams();
    case 'draining':
      return unavailable('task_draining', 'this task is about to stop');
  }
}
