import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import { InvalidInputError, quote } from '../../../packages/protocol/invalid-input.ts';
import { encodePublished, type PublishedTogether, readPublished } from './published-together.ts';

/** A row of the subscriptions table. A conditional delete compares `version`. */
export interface SubscribedConnection {
  readonly connectionId: string;
  readonly version: string;
  /** The client accepts several events per frame. */
  readonly batch?: true;
}

/** As `resumeAfter`: nobody has read the channel's subscribers yet. No connection id is empty. */
export const FROM_THE_FIRST = '';

/**
 * Events that were published together, for some of their channel's connections: a part of a large channel, or those that
 * have to be tried again.
 */
export interface DeliveryJob {
  readonly events: PublishedTogether;
  readonly subscribers: readonly SubscribedConnection[];
  /** Starts at 1: how often these connections have been tried, including by this job. */
  readonly attempt: number;
  /**
   * Where to continue in the list of the channel's subscribers. Those after it have no job yet, because the
   * invocation ran out of time.
   */
  readonly resumeAfter?: string;
}

/**
 * The body of a message on the delivery queue: at most 192 KiB for the events, and about 60 bytes per
 * subscriber, which is encoded as a list to stay that small. SQS accepts 256 KiB.
 */
export function encodeDeliveryJob(job: DeliveryJob): string {
  const subscribers = job.subscribers.map(({ connectionId, version, batch }) =>
    batch ? [connectionId, version, 1] : [connectionId, version],
  );
  // Concatenated as text: encoding the notification a second time could double its size.
  const rest = JSON.stringify({ subscribers, attempt: job.attempt, resumeAfter: job.resumeAfter });
  return `{"event":${encodePublished(job.events)},${rest.slice(1)}`;
}

/** @throws InvalidInputError for any text on the queue that is not a job */
export function parseDeliveryJob(body: string): DeliveryJob {
  const { event, subscribers, attempt, resumeAfter } = parseJsonObject(body);
  if (!Array.isArray(subscribers) || typeof attempt !== 'number') {
    throw new InvalidInputError('invalid_body', `delivery job ${quote(body)} lacks subscribers or attempt`);
  }
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    throw new InvalidInputError('invalid_body', `delivery job has attempt ${attempt}, but attempts count from 1`);
  }
  if (resumeAfter !== undefined && typeof resumeAfter !== 'string') {
    throw new InvalidInputError('invalid_body', `delivery job has resumeAfter ${quote(resumeAfter)}, but it must be text`);
  }
  const job = { events: readPublished(event), subscribers: subscribers.map(parseSubscribedConnection), attempt };
  return resumeAfter === undefined ? job : { ...job, resumeAfter };
}

function parseSubscribedConnection(value: unknown): SubscribedConnection {
  const [connectionId, version, batch] = Array.isArray(value) ? value : [];
  if (typeof connectionId !== 'string' || typeof version !== 'string' || (batch !== undefined && batch !== 1)) {
    throw new InvalidInputError(
      'invalid_body',
      `delivery job names the subscriber ${quote(value)}, but it must be [connectionId, version] or [connectionId, version, 1]`,
    );
  }
  return batch === 1 ? { connectionId, version, batch: true } : { connectionId, version };
}
