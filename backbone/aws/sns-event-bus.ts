import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { CHANNEL_ATTRIBUTE, KIND_ATTRIBUTE } from '../contract.ts';
import { type EphemeralEvent, encodeEphemeralNotification } from '../domain/ephemeral-event.ts';
import type { ChannelEvent } from '../domain/event.ts';
import { encodeLatestNotification, type LatestEvent } from '../domain/latest-event.ts';
import { encodeNotification } from '../domain/notification.ts';
import { encodePresenceNotification, type PresenceNotification } from '../domain/presence.ts';
import type { EphemeralBus, EventBus, LatestBus, PresenceBus } from '../ports.ts';

export interface SnsEventBusOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
}

/**
 * The event bus on one SNS standard topic. Its subscriptions use raw delivery, so every queue gets the same
 * body. Filter policies see the channel as an attribute.
 */
export function createSnsEventBus({ client, topicArn }: SnsEventBusOptions): EventBus & EphemeralBus & LatestBus & PresenceBus {
  return {
    async notify(events: readonly ChannelEvent[]): Promise<void> {
      const [event] = events;
      if (event === undefined) return;
      // All of a notification are of one channel.
      const MessageAttributes = { [CHANNEL_ATTRIBUTE]: { DataType: 'String', StringValue: event.channel } };
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: encodeNotification(events), MessageAttributes }));
    },
    // The others lack the attribute: consumers filter by it, and get only what is in the log.
    async announceLatest(events: readonly LatestEvent[]): Promise<void> {
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: encodeLatestNotification(events) }));
    },
    async announce(event: EphemeralEvent): Promise<void> {
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: encodeEphemeralNotification(event) }));
    },
    async tell(notification: PresenceNotification): Promise<void> {
      const MessageAttributes = { [KIND_ATTRIBUTE.name]: { DataType: 'String', StringValue: KIND_ATTRIBUTE.presence } };
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: encodePresenceNotification(notification), MessageAttributes }));
    },
  };
}
