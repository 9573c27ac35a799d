import { type EphemeralEvent, isEphemeralNotification, readEphemeralNotification } from '../../backbone/domain/ephemeral-event.ts';
import { parseJsonObject } from '../../backbone/domain/notification.ts';
import { isPresenceNotification, readPresenceNotification } from '../../backbone/domain/presence.ts';
import { type DeliveryJob, parseDeliveryJob } from './domain/delivery-job.ts';
import { channelOf, type PublishedTogether, readPublished } from './domain/published-together.ts';

/**
 * What a message asks the fan-out function to do: deliver events that were published together to their whole channel, or to
 * the part that a job names.
 */
export type DeliveryWork =
  | { readonly kind: 'events'; readonly channel: string; readonly events: PublishedTogether }
  | { readonly kind: 'ephemeral'; readonly channel: string; readonly event: EphemeralEvent }
  | { readonly kind: 'job'; readonly channel: string; readonly job: DeliveryJob };

/**
 * Reads a message of either queue.
 * @returns undefined for changes of presence, which have a queue of their own
 * @throws InvalidInputError if it is neither a notification of the topic nor a job of the delivery queue
 */
export function parseDeliveryWork(body: string): DeliveryWork | undefined {
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
    // Checked all the same: what is malformed goes to the dead letters.
    readPresenceNotification(fields);
    return undefined;
  }
  const events = readPublished(fields);
  return { kind: 'events', channel: channelOf(events), events };
}
