import * as v from 'valibot';
import { AwsError } from '../endpoint/aws-error.ts';
import { type Operations, operation } from '../endpoint/operation.ts';
import { messageAttribute } from '../queues/message-attributes.ts';
import type { Topics } from './topics.ts';

/** SNS returns pages of 100. */
const PAGE = 100;

const TopicArn = v.string();

/** The query protocol encodes maps as lists of pairs. */
const attributeMap = v.pipe(
  v.optional(v.array(v.strictObject({ key: v.string(), value: v.optional(v.string(), '') })), []),
  v.transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value]))),
);

const messageAttributeMap = v.pipe(
  v.optional(v.array(v.strictObject({ Name: v.string(), Value: messageAttribute })), []),
  v.transform((pairs) => Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]))),
);

const content = { Message: v.optional(v.string(), ''), Subject: v.optional(v.string()), MessageAttributes: messageAttributeMap };

export interface TopicOperationsOptions {
  readonly topics: Topics;
  readonly region: string;
  readonly account: string;
}

/** The operations of SNS, query protocol. A `Map` in a response is a map on the wire. */
export function topicOperations({ topics, region, account }: TopicOperationsOptions): Operations {
  return {
    CreateTopic: operation(v.strictObject({ Name: v.string() }), ({ Name }) => {
      const arn = `arn:aws:sns:${region}:${account}:${Name}`;
      topics.create(arn);
      return { TopicArn: arn };
    }),
    Publish: operation(v.strictObject({ TopicArn, ...content }), (input) => ({
      MessageId: topics.publish(input.TopicArn, { message: input.Message, subject: input.Subject, attributes: input.MessageAttributes }),
    })),
    PublishBatch: operation(
      v.strictObject({
        TopicArn,
        PublishBatchRequestEntries: v.pipe(v.array(v.strictObject({ Id: v.string(), ...content })), v.maxLength(10)),
      }),
      (input) => {
        const Successful: object[] = [];
        const Failed: object[] = [];
        for (const { Id, Message, Subject, MessageAttributes } of input.PublishBatchRequestEntries) {
          try {
            const MessageId = topics.publish(input.TopicArn, { message: Message, subject: Subject, attributes: MessageAttributes });
            Successful.push({ Id, MessageId });
          } catch (error) {
            if (!(error instanceof AwsError) || error.code === 'NotFound') throw error;
            Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
          }
        }
        return { Successful, Failed };
      },
    ),
    Subscribe: operation(
      v.strictObject({
        TopicArn,
        Protocol: v.string(),
        Endpoint: v.string(),
        Attributes: attributeMap,
        // Queues and functions of the same account are confirmed at once, so the ARN can always be returned.
        ReturnSubscriptionArn: v.optional(v.string()),
      }),
      (input) => ({ SubscriptionArn: topics.subscribe(input.TopicArn, input.Protocol, input.Endpoint, input.Attributes).arn }),
    ),
    Unsubscribe: operation(v.strictObject({ SubscriptionArn: v.string() }), ({ SubscriptionArn }) => {
      topics.unsubscribe(SubscriptionArn);
      return {};
    }),
    ListSubscriptionsByTopic: operation(v.strictObject({ TopicArn, NextToken: v.optional(v.string(), '0') }), (input) => {
      const from = Number(input.NextToken);
      const all = topics.subscriptions(input.TopicArn);
      const page = all.slice(from, from + PAGE);
      return {
        Subscriptions: page.map(({ arn, topicArn, protocol, endpoint }) => ({
          SubscriptionArn: arn,
          Owner: account,
          Protocol: protocol,
          Endpoint: endpoint,
          TopicArn: topicArn,
        })),
        ...(all.length > from + PAGE ? { NextToken: String(from + PAGE) } : {}),
      };
    }),
    GetTopicAttributes: operation(v.strictObject({ TopicArn }), (input) => ({
      Attributes: new Map([
        ['TopicArn', input.TopicArn],
        ['Owner', account],
        ['DisplayName', ''],
        ['SubscriptionsConfirmed', String(topics.subscriptions(input.TopicArn).length)],
        ['SubscriptionsPending', '0'],
        ['SubscriptionsDeleted', '0'],
      ]),
    })),
  };
}
