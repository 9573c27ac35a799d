import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Access, requireRight } from '../../../backbone/domain/access.ts';
import { parseBefore } from '../../../backbone/domain/history.ts';
import type { HistoryRequest } from '../../../backbone/services/history.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { parseChannels } from '../../../packages/protocol/channel.ts';
import { DEFAULT_LAST, NOW } from '../../../packages/protocol/history.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import type { TaskBudget } from '../budget/task-budget.ts';
import { LONGEST_POLL_SECONDS } from '../contract.ts';
import type { Hub } from '../hub/hub.ts';
import type { HeldPage, Refusal } from '../hub/requests.ts';
import type { Authenticate } from './authenticate.ts';
import { cursorOf, kindsHeader, statesOf } from './channel-kinds.ts';
import { encodingTurn, leftSignal } from './client-left.ts';
import { encodeEvents, encodePage, type Part, type Turn } from './poll-page.ts';
import { presenceOf } from './presence-parameters.ts';
import type { PublishRate } from './publish-rate.ts';
import { json, overPresenceRate, problem, type Reply, refusal, unavailable } from './reply.ts';
import { lastOf, single } from './request-target.ts';
import { POLL, preferredMedia, STREAM } from './takeover-request.ts';

export interface EventsRouteOptions {
  readonly hub: Hub;
  readonly budget: TaskBudget;
  readonly logger: Logger;
  readonly authenticate: Authenticate;
  /** Limits how often each principal may come and go. */
  readonly presenceRate: PublishRate;
}

/**
 * `GET /v1/events` if it does not become a stream: a poll, or the reason why it can be neither. Undefined if
 * the client has left.
 */
export async function getEvents(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  options: EventsRouteOptions,
): Promise<Reply | undefined> {
  switch (preferredMedia(request)) {
    case POLL:
      return pollPage(request, response, query, options);
    case STREAM:
      return problem(
        400,
        'bad_request',
        'a request for a stream must have no body, and its connection must have no other request in progress',
        {
          Connection: 'close',
        },
      );
    default: {
      const accept = quote(request.headers.accept);
      return problem(406, 'not_acceptable', `Accept is ${accept}, but must allow ${STREAM} or ${POLL}`, { Vary: 'Accept' });
    }
  }
}

async function pollPage(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  options: EventsRouteOptions,
): Promise<Reply | undefined> {
  const { hub, authenticate, presenceRate } = options;
  const access = await authenticate(request, query);
  const channels = parseChannels(query.getAll('channel'));
  if (query.has('lastEventId')) {
    throw new InvalidInputError('invalid_parameter', 'lastEventId is for streams: a poll resumes with ?after=');
  }
  const last = lastOf(query);
  const before = query.has('before') ? (single(query, 'before') ?? '') : undefined;
  if (before !== undefined) {
    const wanted = historyRequest(query, channels, before, last);
    requireRight(access, 'subscribe', channels);
    const ask = (left: AbortSignal) => hub.history(wanted, access.principal, left);
    return answerWithPage(
      response,
      { access, channels, ask, encode: ({ events, more }, turn) => encodeEvents(events, { more }, turn) },
      options,
    );
  }
  const after = single(query, 'after');
  const waitMs = waitSeconds(single(query, 'waitSeconds')) * 1000;
  const cursor = cursorOf(after, channels, hub.kindOf);
  const states = statesOf(query, channels, hub.kindOf);
  requireRight(access, 'subscribe', channels);
  const presence = presenceOf(query, channels);
  if (presence?.present !== undefined && !presenceRate.take(access.principal, hub.presence.changesByPoll(channels, access.principal))) {
    return overPresenceRate(presenceRate);
  }
  const start = { cursor, ...(states && { states }), last };
  const ask = (left: AbortSignal) => hub.poll({ ...access, ...start, channels, ...(presence && { presence }) }, waitMs, left);
  return answerWithPage(response, { access, channels, ask, encode: (page, turn) => encodePage(channels, page, turn) }, options);
}

/** @throws InvalidInputError `invalid_parameter` or `invalid_cursor` */
function historyRequest(query: URLSearchParams, channels: readonly string[], before: string, last = DEFAULT_LAST): HistoryRequest {
  const [channel = '', ...others] = channels;
  if (others.length > 0) {
    throw new InvalidInputError(
      'invalid_parameter',
      `before is for one channel, but the request names ${channels.length}: ask for each of them`,
    );
  }
  const beside = ['after', 'waitSeconds'].find((name) => query.has(name));
  if (beside !== undefined) {
    throw new InvalidInputError('invalid_parameter', `before reads backwards, and ${beside} is for what comes next: leave out one of them`);
  }
  return { channel, before: before === NOW ? undefined : parseBefore(before, channel), last };
}

interface PageAnswer<Page> {
  readonly access: Access;
  readonly channels: readonly string[];
  readonly ask: (left: AbortSignal) => Promise<HeldPage<Page> | { readonly kind: Refusal | 'tooManyChannels' | 'busy' }>;
  readonly encode: (page: Page, turn: Turn) => Promise<readonly Part[]>;
}

async function answerWithPage<Page>(
  response: ServerResponse,
  { access, channels, ask, encode }: PageAnswer<Page>,
  { hub, budget, logger }: EventsRouteOptions,
): Promise<Reply | undefined> {
  if (response.destroyed) return undefined;
  const left = leftSignal(response);
  try {
    const outcome = await budget.turns.forRequest(access.principal, () => ask(left));
    if (outcome.kind === 'busy') budget.refused++;
    if (outcome.kind !== 'page') return refusal(outcome.kind);
    whenAborted(outcome.revoked, () => response.destroy());
    // The page takes memory until its encoding has ended, even if the client has left, and after that until
    // the client has taken all of it.
    const body = await encode(outcome.page, encodingTurn(budget, access.principal, left)).finally(() => whenAborted(left, outcome.release));
    return { ...json(200, {}, { Vary: 'Accept', ...kindsHeader(channels, hub.kindOf) }), body };
  } catch (error) {
    if (left.aborted) return undefined;
    logger.error('could not answer a poll', { channels, error });
    return unavailable('unavailable', 'the event log cannot be read right now: try again');
  }
}

function waitSeconds(text: string | undefined): number {
  if (text === undefined) return 0;
  const seconds = /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= LONGEST_POLL_SECONDS) return seconds;
  throw new InvalidInputError(
    'invalid_parameter',
    `waitSeconds is ${quote(text)}, but must be a whole number from 0 to ${LONGEST_POLL_SECONDS}`,
  );
}

function whenAborted(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
}
