import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { CHANNEL_ATTRIBUTE } from '../contract.ts';
import type { ChannelEvent } from '../domain/event.ts';
import { encodeNotification } from '../domain/notification.ts';
import type { EventBus } from '../ports.ts';

export interface SnsEventBusOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
}

/**
 * The event bus on one SNS standard topic. Its subscriptions use raw delivery, so every queue gets the same
 * body. Filter policies see the channel as an attribute.
 */
export function createSnsEventBus({ client, topicArn }: SnsEventBusOptions): EventBus {
  return {
    async notify(events: readonly ChannelEvent[]): Promise<void> {
      const [event] = events;
      if (event === undefined) return;
      // All of a notification are of one channel.
      const MessageAttributes = { [CHANNEL_ATTRIBUTE]: { DataType: 'String', StringValue: event.channel } };
      await client.send(new PublishCommand({ TopicArn: topicArn, Message: encodeNotification(events), MessageAttributes }));
    },
  };
}
