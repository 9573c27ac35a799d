import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger, PublishAttempt } from '../ledger.ts';
import { pause } from '../pause.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';

/** A way to publish. */
export interface Lane {
  readonly name: string;
  /** Tries once. Answers the event's id, or undefined when it was accepted for later. Rejects when nobody knows. */
  send(publication: PublishAttempt): Promise<string | undefined>;
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

const RETRY_MS = { min: 100, max: 1_000 };

/**
 * Publishes until the signal aborts, each event again and again with its key until it is acknowledged: also after the
 * signal, so that at the end nothing is in doubt.
 */
export async function publishUntil(options: PublisherOptions, signal: AbortSignal): Promise<void> {
  const { name, lane, ledger, random, channels, meanWaitMs } = options;
  const inFlight = new Set<Promise<void>>();
  for (let count = 1; await pause(random.waitMs(meanWaitMs), signal); count++) {
    const publication = ledger.begin({
      key: `${name}.${count}`,
      channel: random.pick(channels) ?? '',
      type: random.chance(0.2) ? 'note' : 'message',
      // Some are large, so that buffers fill.
      filling: 'x'.repeat(random.chance(0.05) ? random.wholeBetween(2_000, 8_000) : random.wholeBetween(10, 200)),
    });
    const work = deliver(publication, options).finally(() => inFlight.delete(work));
    inFlight.add(work);
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  lane.close();
}

async function deliver(publication: PublishAttempt, { lane, ledger, tally, random }: PublisherOptions): Promise<void> {
  for (;;) {
    try {
      const id = await lane.send(publication);
      if (id === undefined) ledger.accept(publication);
      else ledger.acknowledge(publication, id);
      return;
    } catch {
      // Whatever it was, the key makes it safe to try again.
      tally.add('publish.retried');
      await sleep(random.between(RETRY_MS.min, RETRY_MS.max));
    }
  }
}
