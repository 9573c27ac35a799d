import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import type { Telemetry } from '../../../lambda/telemetry.ts';
import { type DeliverDependencies, deliver, type QueueRecord } from '../../../lambda/websocket/deliver.ts';
import type { DeliveryJob, SubscribedConnection } from '../../../lambda/websocket/domain/delivery-job.ts';
import { encodeDeliveryJob } from '../../../lambda/websocket/domain/delivery-job.ts';
import type { ConnectionPoster, SubscriptionPage } from '../../../lambda/websocket/ports.ts';

export interface FanOutSetting {
  readonly poster: ConnectionPoster;
  /** In ascending order, as in the table. */
  readonly connectionIds: readonly string[];
  readonly postConcurrency: number;
  /** Invocations side by side. */
  readonly invocations: number;
  /** Messages per invocation. */
  readonly batchSize: number;
}

export interface FanOutResult {
  readonly invocations: number;
  readonly deliveries: number;
  readonly gone: number;
  readonly throttledPosts: number;
  /** Connections that are named by a dead letter. */
  readonly undeliverable: number;
}

/** What is left of an invocation's time when posting ends, as `fan-out.ts` and the stages have it. */
const INVOCATION_MS = 55_000;

/**
 * Delivers one event to its channel the way the deployed functions do: the handler's own code, invoked with what two
 * queues in memory hold, until nothing is left in them.
 */
export async function fanOut(event: ChannelEvent, setting: FanOutSetting): Promise<FanOutResult> {
  const queue = new JobQueue();
  const deps: DeliverDependencies = {
    store: new SubscriberTable(setting.connectionIds),
    poster: setting.poster,
    queue,
    clock: systemClock,
    random: Math.random,
    postConcurrency: setting.postConcurrency,
  };
  const sum = { invocations: 0, deliveries: 0, gone: 0, throttledPosts: 0 };
  queue.put(encodeNotification([event]));
  const invokeWhileThereIsWork = async () => {
    for (;;) {
      const records = await queue.take(setting.batchSize);
      if (records === undefined) return;
      const report = await deliver(records, systemClock.nowMs() + INVOCATION_MS, deps, silent);
      if (report.unfinished.length > 0) throw new Error('an invocation gave messages back');
      queue.done(records);
      sum.invocations++;
      sum.deliveries += report.deliveries;
      sum.gone += report.goneConnections;
      sum.throttledPosts += report.throttledPosts;
    }
  };
  await Promise.all(Array.from({ length: setting.invocations }, invokeWhileThereIsWork));
  return { ...sum, undeliverable: queue.deadLetters };
}

/** Log lines and metrics of the handler cost the same with every poster, and would only hide the bench's own. */
const silent: Telemetry = { info: () => undefined, warn: () => undefined, error: () => undefined, metrics: () => undefined };

/** Both queues of the fan-out in one, and the dead-letter queue as a number. */
class JobQueue {
  deadLetters = 0;
  readonly #visible: QueueRecord[] = [];
  readonly #waiting: (() => void)[] = [];
  #unfinished = 0;
  #sent = 0;

  put(body: string, delaySeconds = 0): void {
    const record = { messageId: String(++this.#sent), body };
    this.#unfinished++;
    if (delaySeconds === 0) this.#show(record);
    else setTimeout(() => this.#show(record), delaySeconds * 1_000);
  }

  async enqueue(jobs: readonly DeliveryJob[], delaySeconds = 0): Promise<void> {
    for (const job of jobs) this.put(encodeDeliveryJob(job), delaySeconds);
  }

  async deadLetter({ subscribers }: DeliveryJob): Promise<void> {
    this.deadLetters += subscribers.length;
  }

  /** The next messages; undefined once all that were ever put are done. */
  async take(atMost: number): Promise<readonly QueueRecord[] | undefined> {
    while (this.#visible.length === 0) {
      if (this.#unfinished === 0) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#visible.splice(0, atMost);
  }

  done(records: readonly QueueRecord[]): void {
    this.#unfinished -= records.length;
    if (this.#unfinished === 0) this.#wakeAll();
  }

  #show(record: QueueRecord): void {
    this.#visible.push(record);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The subscriptions of one channel, without a database: its cost is the same with every poster. */
class SubscriberTable {
  readonly #connectionIds: readonly string[];

  constructor(connectionIds: readonly string[]) {
    this.#connectionIds = connectionIds;
  }

  async subscribers(_channel: string, limit: number, after?: string): Promise<SubscriptionPage> {
    const from = after === undefined ? 0 : this.#connectionIds.indexOf(after) + 1;
    const page = this.#connectionIds.slice(from, from + limit);
    // As long as the versions of the table, which are UUIDs.
    const subscribers = page.map((connectionId): SubscribedConnection => ({ connectionId, version: connectionId.padEnd(36, '-') }));
    const last = page.at(-1);
    return last === undefined || from + limit >= this.#connectionIds.length ? { subscribers } : { subscribers, next: last };
  }

  async forget(): Promise<'forgotten'> {
    return 'forgotten';
  }

  async close(): Promise<void> {}
}
