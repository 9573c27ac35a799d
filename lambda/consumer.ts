import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { isEphemeralNotification } from '../backbone/domain/ephemeral-event.ts';
import { type ChannelEvent, toWireEvent } from '../backbone/domain/event.ts';
import { parseJsonObject, readNotification } from '../backbone/domain/notification.ts';
import { isPresenceNotification } from '../backbone/domain/presence.ts';
import { hashOf } from '../backbone/services/hash.ts';
import type { WireEvent } from '../packages/protocol/index.ts';
import { createFunctionLogger } from './telemetry.ts';

/** An event as a consumer gets it. */
export interface ConsumedEvent extends WireEvent {
  /**
   * The same each time this event comes, and another for every other event, of any channel: 43 characters. Use it as the
   * idempotency key of what you publish or store because of the event.
   */
  readonly key: string;
}

/**
 * The handler of a function that consumes events: see `EventBackbone.consume`. It checks every notification, calls
 * `handle` for each event, and reports what has failed, so that only this comes again.
 *
 * - **At least once.** An event comes again if `handle` rejects, if the invocation runs out of time, and now and then
 *   without a reason. After five tries it goes to the dead letters. Events that were published as a batch come again
 *   together, also those that were handled.
 * - **In no order.** Events of one channel that come together are handled by their position, one after another; other
 *   channels at the same time. Those of the next invocation may be older, and one that has failed comes later.
 *
 * The data is what a client has sent: any text of up to 96 KiB.
 */
export function consumer(
  handle: (event: ConsumedEvent) => Promise<void>,
  openLogger = createFunctionLogger('backbone'),
): (batch: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  return async ({ Records }, context) => {
    const logger = openLogger(context);
    const failed = new Set<string>();
    const fail = (messageId: string, error: unknown, event?: ConsumedEvent) => {
      failed.add(messageId);
      logger.error('event not consumed', { messageId, channel: event?.channel, id: event?.id, error });
    };
    const consumeInOrder = async (deliveries: readonly Delivery[]) => {
      for (const { messageId, event } of deliveries) {
        const consumed = toConsumedEvent(event);
        try {
          await handle(consumed);
        } catch (error) {
          fail(messageId, error, consumed);
        }
      }
    };

    await Promise.all(deliveriesByChannel(Records, fail).map(consumeInOrder));
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

interface Delivery {
  readonly messageId: string;
  readonly event: ChannelEvent;
}

/** The events of a batch, those of each channel's epoch by their seq. */
function deliveriesByChannel(
  records: readonly SQSRecord[],
  fail: (messageId: string, error: unknown) => void,
): readonly (readonly Delivery[])[] {
  const deliveries = records.flatMap(({ messageId, body }) => {
    try {
      const fields = parseJsonObject(body);
      // Only a consumer of all channels gets them.
      if (isEphemeralNotification(fields) || isPresenceNotification(fields)) return [];
      return readNotification(fields).map((event): Delivery => ({ messageId, event }));
    } catch (error) {
      fail(messageId, error);
      return [];
    }
  });
  const byChannel = Map.groupBy(deliveries, ({ event }) => `${event.channel} ${event.epoch}`);
  return [...byChannel.values()].map((ofChannel) => ofChannel.sort((a, b) => a.event.seq - b.event.seq));
}

function toConsumedEvent(event: ChannelEvent): ConsumedEvent {
  const wire = toWireEvent(event);
  return { ...wire, key: hashOf(`${wire.channel} ${wire.id}`) };
}
