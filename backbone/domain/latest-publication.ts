import { parseChannel } from '../../packages/protocol/channel.ts';
import type { LatestBatchAnswer } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { MAX_LATEST_DATA_BYTES, MAX_LATEST_KEYS } from '../../packages/protocol/publication.ts';
import { type PublicationInput, parseBatch } from './batch.ts';
import { parseConflationKey, parseData, parseKey, parseType } from './event.ts';
import { encodeLatestNotification, type LatestEvent, type NewLatestEvent, toLatestResponse } from './latest-event.ts';

/** Several of one channel, each of another key. */
export interface NewLatestBatch {
  readonly channel: string;
  readonly events: readonly NewLatestEvent[];
}

/** The channel has as many keys as it may: nothing was published. */
export class TooManyKeysError extends Error {
  override readonly name = 'TooManyKeysError';
  readonly code = 'too_many_keys';

  constructor({ channel, key }: Pick<NewLatestEvent, 'channel' | 'key'>) {
    super(
      `channel ${channel} has no room for the key ${quote(key)}: a channel has at most ${MAX_LATEST_KEYS} keys, those removed in the last ten minutes included. Use fewer, or spread them over several channels`,
    );
  }
}

/** What became of one event of a batch. */
export type LatestOutcome =
  | { readonly kind: 'stored'; readonly event: LatestEvent }
  | { readonly kind: 'refused'; readonly error: TooManyKeysError }
  /** Its write failed: it may or may not be stored. */
  | { readonly kind: 'unknown'; readonly error: unknown };

/**
 * Validates what a caller wants to publish on a `latest` channel, whichever entrance it used: a batch if it has `events`,
 * otherwise one event. An idempotency key has no effect.
 * @throws InvalidInputError
 */
export function parseLatestPublication(input: PublicationInput): NewLatestEvent | NewLatestBatch {
  parseKey(input.key);
  return input.events === undefined ? parseEvent(parseChannel(input.channel), input) : parseLatestBatch(input);
}

function parseEvent(
  channel: string,
  fields: Pick<PublicationInput, 'conflationKey' | 'removed' | 'type' | 'data' | 'encoding'>,
): NewLatestEvent {
  if (fields.encoding !== undefined) {
    throw new InvalidInputError(
      'invalid_body',
      `encoding is ${quote(fields.encoding)}, but events of latest channels carry text only: leave it out`,
    );
  }
  const key = parseConflationKey(fields.conflationKey);
  if (fields.removed !== undefined) {
    if (fields.removed !== true) throw new InvalidInputError('invalid_body', `removed is ${quote(fields.removed)}, but can only be true`);
    if (fields.data === undefined && fields.type === undefined) return { channel, key, value: 'removed' };
    throw new InvalidInputError('invalid_body', 'an event that removes a key has no data and no type: leave them out');
  }
  return { channel, key, value: { type: parseType(fields.type), data: parseData(fields.data, MAX_LATEST_DATA_BYTES) } };
}

function parseLatestBatch(input: PublicationInput): NewLatestBatch {
  const batch = parseBatch(input, parseEvent, measure);
  const [repeated] = batch.events.filter(({ key }, at) => batch.events.findIndex((event) => event.key === key) < at);
  if (repeated === undefined) return batch;
  throw new InvalidInputError(
    'invalid_body',
    `the batch has the key ${quote(repeated.key)} more than once: leave out all but its newest event`,
  );
}

/** Measured with the longest numbers, because the table has not assigned them yet. */
function measure(channel: string, events: readonly NewLatestEvent[]): number {
  const version = { createdAt: Number.MAX_SAFE_INTEGER, count: Number.MAX_SAFE_INTEGER };
  const times = { publishedAtMs: Number.MAX_SAFE_INTEGER, expiresAtMs: Number.MAX_SAFE_INTEGER };
  const written = events.map(({ key, value }): LatestEvent => {
    const event = { channel, key, version, ...times };
    return value === 'removed' ? { ...event, removed: true } : { ...event, ...value };
  });
  return Buffer.byteLength(encodeLatestNotification(written));
}

/** The answer to a batch as its publisher sees it. */
export function toLatestBatchAnswer(channel: string, outcomes: readonly LatestOutcome[]): LatestBatchAnswer {
  return { channel, events: outcomes.map(toResult) };
}

function toResult(outcome: LatestOutcome): LatestBatchAnswer['events'][number] {
  if (outcome.kind === 'stored') {
    const { conflationKey, version, publishedAt } = toLatestResponse(outcome.event);
    return { conflationKey, version, publishedAt };
  }
  if (outcome.kind === 'refused') return { error: { code: outcome.error.code, message: outcome.error.message } };
  return { error: { code: 'unavailable', message: 'the event may or may not have been published: publish it again' } };
}
