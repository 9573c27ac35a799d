import * as v from 'valibot';
import { AwsError } from '../endpoint/aws-error.ts';
import { type Operations, operation } from '../endpoint/operation.ts';
import { parseQueueAttributes } from './attributes.ts';
import { messageAttributes } from './message-attributes.ts';
import type { Queue, ReceivedMessage, SentMessage } from './queue.ts';
import type { Queues } from './queues.ts';

const texts = v.record(v.string(), v.string());
const names = v.optional(v.array(v.string()), []);
const seconds = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const VISIBILITY = seconds(43_200);
const QueueUrl = v.string();

const sendEntry = {
  MessageBody: v.string(),
  DelaySeconds: v.optional(seconds(900)),
  MessageAttributes: v.optional(messageAttributes),
};
const sendBatchEntry = v.strictObject({ Id: v.string(), ...sendEntry });
const deleteBatchEntry = v.strictObject({ Id: v.string(), ReceiptHandle: v.string() });
const visibilityBatchEntry = v.strictObject({ Id: v.string(), ReceiptHandle: v.string(), VisibilityTimeout: VISIBILITY });

/** The operations of SQS, JSON protocol. */
export function queueOperations(queues: Queues): Operations {
  return {
    CreateQueue: operation(
      v.strictObject({ QueueName: v.string(), Attributes: v.optional(texts), tags: v.optional(texts) }),
      ({ QueueName, Attributes, tags }) => ({ QueueUrl: queues.create(QueueName, Attributes, tags).url }),
    ),
    GetQueueUrl: operation(v.strictObject({ QueueName: v.string(), QueueOwnerAWSAccountId: v.optional(v.string()) }), ({ QueueName }) => ({
      QueueUrl: queues.named(QueueName).url,
    })),
    ListQueues: operation(
      v.strictObject({
        QueueNamePrefix: v.optional(v.string(), ''),
        MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
        NextToken: v.optional(v.string(), ''),
      }),
      ({ QueueNamePrefix, MaxResults, NextToken }) => {
        const after = Buffer.from(NextToken, 'base64url').toString();
        const matching = queues.list().filter(({ name }) => name.startsWith(QueueNamePrefix) && name > after);
        const page = matching.slice(0, MaxResults ?? 1000);
        // SQS returns pages only if MaxResults is given.
        const more = MaxResults !== undefined && matching.length > page.length;
        return {
          QueueUrls: page.map(({ url }) => url),
          ...(more ? { NextToken: Buffer.from(page.at(-1)?.name ?? '').toString('base64url') } : {}),
        };
      },
    ),
    DeleteQueue: operation(v.strictObject({ QueueUrl }), (input) => {
      queues.delete(queues.byUrl(input.QueueUrl));
      return {};
    }),
    PurgeQueue: operation(v.strictObject({ QueueUrl }), (input) => {
      queues.byUrl(input.QueueUrl).purge();
      return {};
    }),
    GetQueueAttributes: operation(v.strictObject({ QueueUrl, AttributeNames: names }), (input) => ({
      Attributes: queueAttributes(queues.byUrl(input.QueueUrl), input.AttributeNames),
    })),
    SetQueueAttributes: operation(v.strictObject({ QueueUrl, Attributes: texts }), (input) => {
      const queue = queues.byUrl(input.QueueUrl);
      queue.attributes = parseQueueAttributes({ ...queue.attributes, ...input.Attributes });
      return {};
    }),
    TagQueue: operation(v.strictObject({ QueueUrl, Tags: texts }), (input) => {
      const { tags } = queues.byUrl(input.QueueUrl);
      for (const [key, text] of Object.entries(input.Tags)) tags.set(key, text);
      return {};
    }),
    UntagQueue: operation(v.strictObject({ QueueUrl, TagKeys: v.array(v.string()) }), (input) => {
      const { tags } = queues.byUrl(input.QueueUrl);
      for (const key of input.TagKeys) tags.delete(key);
      return {};
    }),
    ListQueueTags: operation(v.strictObject({ QueueUrl }), (input) => ({ Tags: Object.fromEntries(queues.byUrl(input.QueueUrl).tags) })),
    SendMessage: operation(v.strictObject({ QueueUrl, ...sendEntry }), (input) =>
      sentAnswer(
        queues.byUrl(input.QueueUrl).send(input.MessageBody, { delaySeconds: input.DelaySeconds, attributes: input.MessageAttributes }),
      ),
    ),
    SendMessageBatch: operation(v.strictObject({ QueueUrl, Entries: v.array(sendBatchEntry) }), (input) => {
      const queue = queues.byUrl(input.QueueUrl);
      const bytes = input.Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
      if (bytes > Number(queue.attributes.MaximumMessageSize)) {
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${queue.attributes.MaximumMessageSize} bytes. You have sent ${bytes} bytes.`,
          { queryCode: 'AWS.SimpleQueueService.BatchRequestTooLong' },
        );
      }
      return batch(input.Entries, (entry) =>
        sentAnswer(queue.send(entry.MessageBody, { delaySeconds: entry.DelaySeconds, attributes: entry.MessageAttributes })),
      );
    }),
    ReceiveMessage: operation(
      v.strictObject({
        QueueUrl,
        MaxNumberOfMessages: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)), 1),
        VisibilityTimeout: v.optional(VISIBILITY),
        WaitTimeSeconds: v.optional(seconds(20)),
        AttributeNames: names,
        MessageSystemAttributeNames: names,
        MessageAttributeNames: names,
      }),
      async (input, signal) => {
        const received = await queues
          .byUrl(input.QueueUrl)
          .receive(
            { max: input.MaxNumberOfMessages, visibilitySeconds: input.VisibilityTimeout, waitSeconds: input.WaitTimeSeconds },
            signal,
          );
        const system = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
        const answer = received.map((message) => receivedAnswer(message, system, input.MessageAttributeNames));
        return answer.length === 0 ? {} : { Messages: answer };
      },
    ),
    DeleteMessage: operation(v.strictObject({ QueueUrl, ReceiptHandle: v.string() }), (input) => {
      queues.byUrl(input.QueueUrl).delete(input.ReceiptHandle);
      return {};
    }),
    DeleteMessageBatch: operation(v.strictObject({ QueueUrl, Entries: v.array(deleteBatchEntry) }), (input) => {
      const queue = queues.byUrl(input.QueueUrl);
      return batch(input.Entries, ({ ReceiptHandle }) => {
        queue.delete(ReceiptHandle);
        return {};
      });
    }),
    ChangeMessageVisibility: operation(
      v.strictObject({ QueueUrl, ReceiptHandle: v.string(), VisibilityTimeout: VISIBILITY }),
      ({ ReceiptHandle, VisibilityTimeout, ...input }) => {
        queues.byUrl(input.QueueUrl).changeVisibility(ReceiptHandle, VisibilityTimeout);
        return {};
      },
    ),
    ChangeMessageVisibilityBatch: operation(v.strictObject({ QueueUrl, Entries: v.array(visibilityBatchEntry) }), (input) => {
      const queue = queues.byUrl(input.QueueUrl);
      return batch(input.Entries, ({ ReceiptHandle, VisibilityTimeout }) => {
        queue.changeVisibility(ReceiptHandle, VisibilityTimeout);
        return {};
      });
    }),
  };
}

/** Each entry succeeds or fails by itself. The batch as a whole fails only if its shape is invalid. */
function batch<E extends { readonly Id: string }>(entries: readonly E[], run: (entry: E) => object): object {
  const refuse = (code: string, message: string) => {
    throw new AwsError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
  };
  if (entries.length === 0) refuse('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10)
    refuse('TooManyEntriesInBatchRequest', `Maximum number of entries per request are 10. You have sent ${entries.length}.`);
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    refuse('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function sentAnswer({ messageId, bodyDigest, messageAttributesDigest }: SentMessage): object {
  return { MessageId: messageId, MD5OfMessageBody: bodyDigest, MD5OfMessageAttributes: messageAttributesDigest };
}

function receivedAnswer(message: ReceivedMessage, systemNames: readonly string[], attributeNames: readonly string[]): object {
  const wanted = (name: string) =>
    attributeNames.some(
      (asked) => asked === 'All' || asked === '.*' || asked === name || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -2))),
    );
  const attributes = Object.entries(message.messageAttributes).filter(([name]) => wanted(name));
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: message.bodyDigest,
    Attributes: systemAttributes(message, systemNames),
    ...(attributes.length === 0
      ? {}
      : { MessageAttributes: Object.fromEntries(attributes), MD5OfMessageAttributes: message.messageAttributesDigest }),
  };
}

/** The system attributes of a message, by name; all of them for `All`. */
export function systemAttributes(message: ReceivedMessage, names: readonly string[]): Record<string, string> {
  const all: Record<string, string> = {
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    SentTimestamp: String(message.sentAtMs),
    SenderId: 'local',
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
  return names.includes('All') ? all : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

function queueAttributes(queue: Queue, names: readonly string[]): Record<string, string> {
  const { ready, delayed, inFlight } = queue.counts();
  const createdAt = String(Math.floor(queue.createdAtMs / 1000));
  const all: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(ready),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    CreatedTimestamp: createdAt,
    LastModifiedTimestamp: createdAt,
    ...Object.fromEntries(Object.entries(queue.attributes).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
  return names.includes('All') ? all : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}
