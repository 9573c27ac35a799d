import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, PublishAttempt } from '../ledger.ts';
import { pause } from '../pause.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import type { Batch } from './batch.ts';

/** A way to publish. */
export interface Lane {
  readonly name: string;
  /** Tries once. Answers the event's id, or undefined when it was accepted for later. Rejects when nobody knows. */
  send(publication: PublishAttempt): Promise<string | undefined>;
  /** Like {@link send}, with the ids of all. */
  sendBatch(batch: Batch): Promise<readonly string[] | undefined>;
  close(): void;
}

export interface PublisherOptions {
  readonly name: string;
  readonly lane: Lane;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly random: Random;
  readonly channels: readonly string[];
  /** Between two publications, on average. */
  readonly meanWaitMs: number;
}

/** Publications of one publisher that wait for their acknowledgement at the same time: on a slow machine it then publishes less. */
const MAX_IN_FLIGHT = 4;

/** Of the publications, this share are batches, of this many events. */
const BATCHES = { share: 0.25, least: 2, most: 6 };

const RETRY_MS = { min: 100, max: 1_000 };

/**
 * Publishes until the signal aborts, each event or batch again and again with its key until it is acknowledged: also after the
 * signal, so that at the end nothing is in doubt.
 */
export async function publishUntil(options: PublisherOptions, signal: AbortSignal): Promise<void> {
  const { name, lane, ledger, random, channels, meanWaitMs } = options;
  const inFlight = new Set<Promise<void>>();
  let count = 0;
  const begin = (channel: string) =>
    ledger.begin({
      key: `${name}.${++count}`,
      channel,
      type: random.chance(0.2) ? 'note' : 'message',
      // Some are large, so that buffers fill.
      filling: 'x'.repeat(random.chance(0.05) ? random.wholeBetween(2_000, 8_000) : random.wholeBetween(10, 200)),
    });
  while (await pause(random.waitMs(meanWaitMs), signal)) {
    const channel = random.pick(channels) ?? '';
    const size = random.chance(BATCHES.share) ? random.wholeBetween(BATCHES.least, BATCHES.most) : 1;
    const batch: Batch = [begin(channel), ...Array.from({ length: size - 1 }, () => begin(channel))];
    const work = deliver(batch, options).finally(() => inFlight.delete(work));
    inFlight.add(work);
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  lane.close();
}

async function deliver(batch: Batch, { lane, ledger, tally, random }: PublisherOptions): Promise<void> {
  const send = async (): Promise<readonly (string | undefined)[] | undefined> =>
    batch.length === 1 ? [await lane.send(batch[0])] : lane.sendBatch(batch);
  for (;;) {
    try {
      const ids = await send();
      for (const [index, publication] of batch.entries()) {
        const id = ids?.[index];
        if (id === undefined) ledger.accept(publication);
        else ledger.acknowledge(publication, id);
      }
      if (batch.length > 1) tally.add('publish.batches');
      return;
    } catch {
      // Whatever it was, the key makes it safe to try again.
      tally.add('publish.retried');
      await sleep(random.between(RETRY_MS.min, RETRY_MS.max));
    }
  }
}
