import type { ChannelEvent } from '../../backbone/domain/event.ts';
import { parseJsonObject, parseNotification } from '../../backbone/domain/notification.ts';
import { type DeliveryJob, parseDeliveryJob } from './domain/delivery-job.ts';

/**
 * What a message asks the fan-out function to do: deliver an event to its whole channel, or to the part that
 * a job names.
 */
export type DeliveryWork = { readonly kind: 'event'; readonly event: ChannelEvent } | { readonly kind: 'job'; readonly job: DeliveryJob };

/**
 * Reads a message of either queue.
 * @throws InvalidInputError if it is neither a notification of the topic nor a job of the delivery queue
 */
export function parseDeliveryWork(body: string): DeliveryWork {
  return 'subscribers' in parseJsonObject(body)
    ? { kind: 'job', job: parseDeliveryJob(body) }
    : { kind: 'event', event: parseNotification(body) };
}

export function channelOf(work: DeliveryWork): string {
  return work.kind === 'event' ? work.event.channel : work.job.event.channel;
}
