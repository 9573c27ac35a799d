import { parseChannel } from '../../packages/protocol/channel.ts';
import type { BatchAnswer } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { MAX_BATCH_EVENTS } from '../../packages/protocol/publication.ts';
import { type ChannelEvent, contentOf, type EventContent, type NewEvent, parseKey, parseNewEvent, toWireEvent } from './event.ts';
import { encodeNotification } from './notification.ts';

/** Events that a caller wants to publish together on one channel, validated and normalized. */
export interface NewBatch {
  readonly channel: string;
  /** In the order in which they are to be stored: 1 to {@link MAX_BATCH_EVENTS}. */
  readonly events: readonly EventContent[];
  /** Idempotency key of the whole batch. */
  readonly key?: string;
}

/**
 * 192 KiB for the notification of all events, with JSON escapes: SNS and SQS take 256 KiB, of which a delivery job
 * needs the rest for its subscribers.
 */
export const MAX_BATCH_BYTES = 192 * 1024;

/** What became of one event of a batch. */
export type BatchOutcome =
  | { readonly kind: 'stored'; readonly event: ChannelEvent }
  /** Its seq was taken by a tombstone: it is not published. */
  | { readonly kind: 'lost' }
  /** Its write failed: it may or may not be in the log. */
  | { readonly kind: 'unknown'; readonly error: unknown };

/**
 * Validates what a caller wants to publish on a channel that is not `latest`, whichever entrance it used: a batch if it has
 * `events`, otherwise one event.
 * @throws InvalidInputError
 */
export function parsePublication(input: PublicationInput): NewEvent | NewBatch {
  if (input.events !== undefined) return parseNewBatch(input);
  refuseConflation(input);
  return parseNewEvent(input);
}

/** These would have no effect, and their publisher relies on one. */
function refuseConflation(fields: { readonly conflationKey?: unknown; readonly removed?: unknown }): void {
  const beside = (['conflationKey', 'removed'] as const).find((name) => fields[name] !== undefined);
  if (beside === undefined) return;
  throw new InvalidInputError(
    'invalid_body',
    `${beside} is for latest channels, and this channel is not one: leave it out, or use a latest channel`,
  );
}

/** The fields of a publication, unchecked. */
export interface PublicationInput {
  readonly channel: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
  readonly encoding?: unknown;
  readonly events?: unknown;
  readonly key?: unknown;
  readonly conflationKey?: unknown;
  readonly removed?: unknown;
}

/**
 * Refuses a batch that no quota will ever let through.
 * @param perSecond how many events its publisher may publish in a second
 * @throws InvalidInputError `too_many_events`
 */
export function requireWithinSecond({ events }: { readonly events: readonly unknown[] }, perSecond: number): void {
  if (events.length <= perSecond) return;
  throw new InvalidInputError(
    'too_many_events',
    `the batch has ${events.length} events, but you may publish at most ${perSecond} events a second: send smaller batches`,
  );
}

/**
 * Validates a batch, whichever entrance it used. One invalid event refuses all of them; the message begins with its
 * index, as in `events[3]: …`.
 * @throws InvalidInputError `invalid_channel`, `invalid_key`, `invalid_body`, `too_many_events`, or the code of the
 * invalid event
 */
export function parseNewBatch(input: PublicationInput): NewBatch {
  const key = parseKey(input.key);
  const batch = parseBatch(input, parseEvent, encodedBytes);
  return key === undefined ? batch : { ...batch, key };
}

/**
 * What batches on channels of any kind have in common.
 * @param parseOne validates one event
 * @param measure the bytes of the notification of these events
 */
export function parseBatch<Event>(
  input: PublicationInput,
  parseOne: (channel: string, fields: Readonly<Record<string, unknown>>) => Event,
  measure: (channel: string, events: readonly Event[]) => number,
): { readonly channel: string; readonly events: readonly Event[] } {
  const channel = parseChannel(input.channel);
  const beside = (['data', 'type', 'encoding', 'conflationKey', 'removed'] as const).find((name) => input[name] !== undefined);
  if (beside !== undefined) {
    throw new InvalidInputError('invalid_body', `a batch has its ${beside} within events: leave out ${beside} beside it`);
  }
  const events = listOf(input.events).map((event, index) => parseAt(index, event, (fields) => parseOne(channel, fields)));
  const bytes = measure(channel, events);
  if (bytes <= MAX_BATCH_BYTES) return { channel, events };
  throw new InvalidInputError(
    'data_too_large',
    `the batch has ${bytes} bytes as it is encoded for its notification, but at most ${MAX_BATCH_BYTES} are allowed: send fewer events at once`,
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidInputError('invalid_body', `events is ${quote(value)}, but must be a list of 1 to ${MAX_BATCH_EVENTS} events`);
  }
  if (value.length <= MAX_BATCH_EVENTS) return value;
  throw new InvalidInputError(
    'too_many_events',
    `the batch has ${value.length} events, but at most ${MAX_BATCH_EVENTS} are allowed: send the others in another batch`,
  );
}

function parseAt<Event>(index: number, value: unknown, parseOne: (fields: Readonly<Record<string, unknown>>) => Event): Event {
  try {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidInputError('invalid_body', `${quote(value)} is not an object {type?, data, encoding?}`);
    }
    const fields: Readonly<Record<string, unknown>> = { ...value };
    const beside = ['channel', 'key'].find((name) => fields[name] !== undefined);
    if (beside !== undefined) {
      throw new InvalidInputError('invalid_body', `${beside} belongs to the whole batch, and not to one of its events`);
    }
    return parseOne(fields);
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(error.code, `events[${index}]: ${error.message}`, { cause: error });
    throw error;
  }
}

function parseEvent(channel: string, fields: Readonly<Record<string, unknown>>): EventContent {
  refuseConflation(fields);
  return contentOf(parseNewEvent({ channel, type: fields['type'], data: fields['data'], encoding: fields['encoding'] }));
}

/** Measured with the longest epoch and seqs, because the log has not assigned them yet. */
function encodedBytes(channel: string, events: NewBatch['events']): number {
  const position = { epoch: 'x'.repeat(32), seq: Number.MAX_SAFE_INTEGER, publishedAtMs: Number.MAX_SAFE_INTEGER };
  return Buffer.byteLength(encodeNotification(events.map((event) => ({ channel, ...event, ...position }))));
}

/** The answer to a batch as its publisher sees it. */
export function toBatchAnswer(channel: string, outcomes: readonly BatchOutcome[]): BatchAnswer {
  return { channel, events: outcomes.map(toResult) };
}

function toResult(outcome: BatchOutcome): BatchAnswer['events'][number] {
  if (outcome.kind === 'stored') {
    const { id, publishedAt } = toWireEvent(outcome.event);
    return { id, publishedAt };
  }
  return { error: ERRORS[outcome.kind] };
}

const ERRORS = {
  lost: {
    code: 'publish_contended',
    message: 'the event was not published: its place in the log was lost. Send the batch again with the same key',
  },
  unknown: { code: 'unavailable', message: 'the event may or may not have been published: send the batch again with the same key' },
} as const;
