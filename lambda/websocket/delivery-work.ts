import { type EphemeralEvent, isEphemeralNotification, readEphemeralNotification } from '../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../backbone/domain/event.ts';
import { parseJsonObject, readNotification } from '../../backbone/domain/notification.ts';
import { isPresenceNotification, type PresenceNotification, readPresenceNotification } from '../../backbone/domain/presence.ts';
import { type DeliveryJob, parseDeliveryJob } from './domain/delivery-job.ts';

/**
 * What a message asks the fan-out function to do: deliver events that were published together to their whole channel, or to
 * the part that a job names.
 */
export type DeliveryWork =
  | { readonly kind: 'events'; readonly channel: string; readonly events: readonly ChannelEvent[] }
  | { readonly kind: 'ephemeral'; readonly channel: string; readonly event: EphemeralEvent }
  | { readonly kind: 'presence'; readonly channel: string; readonly notification: PresenceNotification }
  | { readonly kind: 'job'; readonly channel: string; readonly job: DeliveryJob };

/**
 * Reads a message of either queue.
 * @throws InvalidInputError if it is neither a notification of the topic nor a job of the delivery queue
 */
export function parseDeliveryWork(body: string): DeliveryWork {
  const fields = parseJsonObject(body);
  if ('subscribers' in fields) {
    const job = parseDeliveryJob(body);
    return { kind: 'job', channel: channelOf(job.events), job };
  }
  if (isEphemeralNotification(fields)) {
    const event = readEphemeralNotification(fields);
    return { kind: 'ephemeral', channel: event.channel, event };
  }
  if (isPresenceNotification(fields)) {
    const notification = readPresenceNotification(fields);
    return { kind: 'presence', channel: notification.channel, notification };
  }
  const events = readNotification(fields);
  return { kind: 'events', channel: channelOf(events), events };
}

/** @throws TypeError if there are none */
export function channelOf([first]: readonly ChannelEvent[]): string {
  if (first === undefined) throw new TypeError('a delivery has at least one event');
  return first.channel;
}
