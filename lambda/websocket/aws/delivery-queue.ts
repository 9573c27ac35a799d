import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type DeliveryJob, encodeDeliveryJob } from '../domain/delivery-job.ts';
import type { DeliveryQueue } from '../ports.ts';

export interface SqsDeliveryQueueOptions {
  readonly client: SQSClient;
  readonly deliveryQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** SQS refused some messages of a batch. */
export class DeliveryNotQueuedError extends Error {
  override readonly name = 'DeliveryNotQueuedError';
}

/** Limits of SendMessageBatch: entries, and bytes of all bodies together. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;

/** The delivery queue on SQS. Rejects with {@link DeliveryNotQueuedError} and with any error of SQS. */
export function createDeliveryQueue({ client, deliveryQueueUrl, deadLetterQueueUrl }: SqsDeliveryQueueOptions): DeliveryQueue {
  return {
    async enqueue(jobs, delaySeconds = 0) {
      for (const bodies of batches(jobs.map(encodeDeliveryJob))) {
        const Entries = bodies.map((body, index) => ({ Id: String(index), MessageBody: body, DelaySeconds: delaySeconds }));
        const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: deliveryQueueUrl, Entries }));
        const [first] = Failed;
        if (first !== undefined) {
          throw new DeliveryNotQueuedError(`SQS refused ${Failed.length} of ${bodies.length} jobs: ${first.Code} ${first.Message ?? ''}`);
        }
      }
    },
    async deadLetter(job: DeliveryJob) {
      await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: encodeDeliveryJob(job) }));
    },
  };
}

/** Splits bodies into batches that SQS accepts. */
function* batches(bodies: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const body of bodies) {
    const bodyBytes = Buffer.byteLength(body);
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && bytes + bodyBytes > MAX_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(body);
    bytes += bodyBytes;
  }
  if (batch.length > 0) yield batch;
}
