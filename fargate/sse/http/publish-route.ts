import type { IncomingMessage } from 'node:http';
import { requireRight } from '../../../backbone/domain/access.ts';
import { requireWithinSecond, toBatchAnswer } from '../../../backbone/domain/batch.ts';
import type { KindOf } from '../../../backbone/domain/channel-kind.ts';
import { toEphemeralWireEvent } from '../../../backbone/domain/ephemeral-event.ts';
import { toWireEvent } from '../../../backbone/domain/event.ts';
import { type KeyScope, scopeOfPrincipal } from '../../../backbone/domain/key-scope.ts';
import { type NewLatestEvent, toLatestResponse } from '../../../backbone/domain/latest-event.ts';
import { type NewLatestBatch, TooManyKeysError, toLatestBatchAnswer } from '../../../backbone/domain/latest-publication.ts';
import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import { type Publication, parseByKind } from '../../../backbone/domain/publication.ts';
import type { PublishEphemeral } from '../../../backbone/services/ephemeral-publisher.ts';
import type { LatestPublisher } from '../../../backbone/services/latest-publisher.ts';
import type { Publisher } from '../../../backbone/services/publisher.ts';
import { IdempotencyConflictError } from '../../../backbone/services/publishing-steps.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { logUnwritten, traceBatch, traceEvent } from '../../../backbone/telemetry/trace.ts';
import { parseChannel } from '../../../packages/protocol/channel.ts';
import type { AcceptedResponse, PublishResponse } from '../../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import type { TaskBudget } from '../budget/task-budget.ts';
import type { Authenticate } from './authenticate.ts';
import { correlationIdOf } from './correlation-id.ts';
import type { PublishRate } from './publish-rate.ts';
import { json, overShare, problem, type Reply, unavailable } from './reply.ts';
import { withBody } from './request-body.ts';

/** The largest data, 96 KiB, with every character as a JSON escape of six bytes, plus room for the rest. */
const MAX_BODY_BYTES = 640 * 1024;

export interface PublishRouteOptions extends Publisher, LatestPublisher {
  readonly kindOf: KindOf;
  readonly publishEphemeral: PublishEphemeral;
  readonly authenticate: Authenticate;
  readonly publishRate: PublishRate;
  readonly budget: TaskBudget;
  readonly logger: Logger;
}

/** `POST /v1/channels/{channel}/events`. */
export async function postEvent(
  request: IncomingMessage,
  segment: string,
  query: URLSearchParams,
  options: PublishRouteOptions,
): Promise<Reply> {
  const { budget, authenticate, publishRate, kindOf } = options;
  const access = await authenticate(request, query);
  // A page of another origin cannot send this media type without a preflight request.
  const unsupported = unsupportedMedia(request);
  if (unsupported !== undefined) return unsupported;
  const channel = parseChannel(decodeChannel(segment));
  requireRight(access, 'publish', [channel]);
  if (!publishRate.take(access.principal)) {
    return tooOften(publishRate);
  }
  const limits = { maxBytes: MAX_BODY_BYTES, budget, principal: access.principal };
  const body = await withBody(request, limits, async (bytes) => {
    const key = request.headers['idempotency-key'];
    const asked = await budget.turns.forRequest(access.principal, () => {
      const { type, data, encoding, events, conflationKey, removed, ...elsewhere } = parseJsonObject(decode(bytes));
      requireNothingElsewhere(elsewhere);
      const input = { channel, type, data, encoding, events, key, conflationKey, removed };
      return parseByKind(input, kindOf);
    });
    const { publication } = asked;
    if ('events' in publication) {
      requireWithinSecond(publication, publishRate.burstOf(access.principal));
      // One was taken before the body was read.
      if (!publishRate.take(access.principal, publication.events.length - 1)) return tooOften(publishRate);
    }
    if (asked.kind === 'latest') return publishOnLatest(request, asked.publication, options);
    return publishNow(request, asked, scopeOfPrincipal(access.principal), options);
  });
  switch (body.kind) {
    case 'complete':
      return body.result;
    case 'tooLarge':
      return problem(413, 'data_too_large', `the body has more than ${MAX_BODY_BYTES} bytes, which is the limit: send less data`, {
        Connection: 'close',
      });
    case 'overShare':
      budget.refused++;
      return overShare('request bodies that are not published yet. Try again');
  }
}

async function publishNow(
  request: IncomingMessage,
  { kind, publication }: Exclude<Publication, { readonly kind: 'latest' }>,
  scope: KeyScope,
  { publish, publishBatch, publishEphemeral, logger }: PublishRouteOptions,
): Promise<Reply> {
  try {
    if (kind === 'ephemeral') {
      const { channel, publishedAt } = toEphemeralWireEvent(await publishEphemeral(publication));
      return json(202, { channel, publishedAt } satisfies AcceptedResponse);
    }
    if ('events' in publication) {
      const outcomes = await publishBatch(publication, scope);
      traceBatch(logger, publication.channel, outcomes, Date.now(), correlationIdOf(request));
      // 207: the client has to look at each of them.
      const status = outcomes.every(({ kind }) => kind === 'stored') ? 201 : 207;
      return json(status, toBatchAnswer(publication.channel, outcomes));
    }
    const event = await publish(publication, scope);
    traceEvent(logger, 'published', event, Date.now(), correlationIdOf(request));
    const { channel: published, id, publishedAt } = toWireEvent(event);
    return json(201, { channel: published, id, publishedAt } satisfies PublishResponse);
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    if (error instanceof IdempotencyConflictError) return problem(409, error.code, error.message);
    logger.error('could not publish', { channel: publication.channel, ...correlationIdOf(request), error });
    return unavailable('unavailable', 'it may or may not have been published: try again with the same Idempotency-Key');
  }
}

async function publishOnLatest(
  request: IncomingMessage,
  publication: NewLatestEvent | NewLatestBatch,
  { publishLatest, publishLatestBatch, logger }: PublishRouteOptions,
): Promise<Reply> {
  const { channel } = publication;
  try {
    if (!('events' in publication)) return json(201, toLatestResponse(await publishLatest(publication)));
    const outcomes = await publishLatestBatch(publication);
    logUnwritten(logger, channel, outcomes, correlationIdOf(request));
    return json(outcomes.every(({ kind }) => kind === 'stored') ? 201 : 207, toLatestBatchAnswer(channel, outcomes));
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    if (error instanceof TooManyKeysError) return problem(409, error.code, error.message);
    logger.error('could not publish', { channel, ...correlationIdOf(request), error });
    return unavailable('unavailable', 'it may or may not have been published: try again');
  }
}

/** What other entrances take in the body: here it would be ignored, and a repeated publication published twice. */
function requireNothingElsewhere(fields: Readonly<Record<string, unknown>>): void {
  if (fields['key'] !== undefined) {
    throw new InvalidInputError('invalid_body', 'key is no field of this body: send it as the header Idempotency-Key');
  }
  if (fields['channel'] !== undefined) {
    throw new InvalidInputError('invalid_body', 'channel is no field of this body: the path names it');
  }
}

function tooOften({ perSecond }: PublishRate): Reply {
  const detail = `Publication limit reached: at most ${perSecond} events a second per user on one task. Publish less often`;
  return problem(429, 'too_many_publications', detail, { 'Retry-After': '1' });
}

function unsupportedMedia(request: IncomingMessage): Reply | undefined {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType)) {
    return problem(415, 'unsupported_media_type', `Content-Type is ${quote(contentType)}, but must be application/json`);
  }
  if (encoding.toLowerCase() !== 'identity') {
    return problem(415, 'unsupported_media_type', `Content-Encoding is ${quote(encoding)}, but the body must not be encoded`);
  }
  return undefined;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInputError('invalid_body', 'the body is not valid UTF-8: encode it as UTF-8', { cause });
  }
}

function decodeChannel(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new InvalidInputError('invalid_channel', `channel ${quote(segment)} is not percent-encoded UTF-8`, { cause });
  }
}
