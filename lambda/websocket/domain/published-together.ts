import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import {
  encodeLatestNotification,
  isExpiredAt,
  isLatest,
  isLatestNotification,
  isOutdated,
  type LatestEvent,
  readLatestNotification,
} from '../../../backbone/domain/latest-event.ts';
import { encodeNotification, readNotification } from '../../../backbone/domain/notification.ts';
import { encodeFrames } from './event-batch.ts';
import { latestFrames } from './latest-frames.ts';

/** Events that were published together and are not ephemeral: at least one, all of one channel. */
export type PublishedTogether = readonly ChannelEvent[] | readonly LatestEvent[];

export function areLatest(events: PublishedTogether): events is readonly LatestEvent[] {
  const [first] = events;
  return first !== undefined && isLatest(first);
}

/** @throws TypeError if there are none */
export function channelOf([first]: PublishedTogether): string {
  if (first === undefined) throw new TypeError('a delivery has at least one event');
  return first.channel;
}

/** The body of their notification. */
export function encodePublished(events: PublishedTogether): string {
  return areLatest(events) ? encodeLatestNotification(events) : encodeNotification(events);
}

/** @throws InvalidInputError `invalid_body` if the parsed JSON is not such a notification */
export function readPublished(value: unknown): PublishedTogether {
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return isLatestNotification(fields) ? readLatestNotification(fields) : readNotification(value);
}

/**
 * The frames for them.
 * @param batch whether the client accepts several events per frame; entries of a `latest` channel always come together
 */
export function framesOf(events: PublishedTogether, batch: boolean): readonly string[] {
  const channel = channelOf(events);
  return areLatest(events) ? [...latestFrames(channel, events)].map(({ text }) => text) : encodeFrames(channel, events, batch);
}

/** Those that are still worth a post: of a `latest` channel, what is too old may bring back a key that was removed or has expired. */
export function stillCurrent(events: PublishedTogether, nowMs: number): PublishedTogether {
  return areLatest(events) ? events.filter((event) => !isOutdated(event, nowMs) && !isExpiredAt(event, nowMs)) : events;
}
