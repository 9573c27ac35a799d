import type { DeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import { encodeDeliveryJob, parseDeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import type { DeliveryQueue } from '../../../../lambda/websocket/ports.ts';

/** A {@link DeliveryQueue} in memory. Jobs pass through their encoding, as on SQS. */
export class MemoryDeliveryQueue implements DeliveryQueue {
  readonly jobs: { readonly job: DeliveryJob; readonly delaySeconds: number }[] = [];
  readonly deadLetters: DeliveryJob[] = [];

  async enqueue(jobs: readonly DeliveryJob[], delaySeconds = 0): Promise<void> {
    for (const job of jobs) this.jobs.push({ job: parseDeliveryJob(encodeDeliveryJob(job)), delaySeconds });
  }

  async deadLetter(job: DeliveryJob): Promise<void> {
    this.deadLetters.push(parseDeliveryJob(encodeDeliveryJob(job)));
  }
}
