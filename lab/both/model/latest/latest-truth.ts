import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import type { LatestStore } from '../../../../backbone/ports.ts';
import type { ChannelLatest } from '../../../../packages/client/src/types.ts';
import { BrokenPromiseError } from '../verdict.ts';

/** How far a read that is not strongly consistent may be behind. */
const LAG_MS = 2_000;

/** What was really written, in order. */
export class LatestTruth {
  readonly #nowMs: () => number;
  readonly #places = new Map<string, number>();
  #before: readonly LatestEvent[] = [];
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The table, watched. @param lags whether reads for comparisons lack what was written last */
  watch(store: LatestStore, lags: boolean): LatestStore {
    return {
      put: async (event) => {
        this.#before = await store.read(event.channel, 'strong');
        const written = await store.put(event);
        this.#writtenAtMs = this.#nowMs();
        if (written.removed !== true) this.#places.set(written.data, this.#places.size);
        return written;
      },
      read: async (channel, consistency) => {
        const isBehind = lags && consistency === 'eventual' && this.#nowMs() - this.#writtenAtMs < LAG_MS;
        return isBehind ? this.#before : store.read(channel, consistency);
      },
    };
  }

  /** Of what was published, when it was written, as a place in the order. */
  placeOf(data: string): number | undefined {
    return this.#places.get(data);
  }
}

/** What one client showed of a channel, through all its connections. */
export class LatestHistory {
  readonly consumer: string;
  readonly shown: ChannelLatest[] = [];

  constructor(consumer: string) {
    this.consumer = consumer;
  }

  get current(): ReadonlyMap<string, string> {
    const current = new Map<string, string>();
    for (const item of this.shown) {
      if (item.removed) current.delete(item.key);
      else current.set(item.key, item.data);
    }
    return current;
  }
}

/** @throws BrokenPromiseError `back` if a key has gone back, `last` if the last version of one is missing */
export function checkLatest(histories: readonly LatestHistory[], truth: LatestTruth, table: readonly LatestEvent[]): void {
  const expected = new Map(table.flatMap(({ key, data }) => (data === undefined ? [] : [[key, data] as const])));
  for (const { consumer, shown, current } of histories) {
    const newest = new Map<string, number>();
    for (const { key, data } of shown) {
      if (data === undefined) continue;
      const place = truth.placeOf(data);
      if (place === undefined) throw new BrokenPromiseError(`back: ${consumer} got ${data}, which was never written`);
      if (place < (newest.get(key) ?? 0)) throw new BrokenPromiseError(`back: ${consumer} got ${data} of ${key} behind what is newer`);
      newest.set(key, place);
    }
    for (const key of new Set([...expected.keys(), ...current.keys()])) {
      const [is, should] = [current.get(key) ?? 'nothing', expected.get(key) ?? 'nothing'];
      if (is !== should) throw new BrokenPromiseError(`last: ${consumer} ends with ${is} of ${key}, and not with ${should}`);
    }
  }
}
