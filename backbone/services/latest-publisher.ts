import type { LatestEvent, NewLatestEvent } from '../domain/latest-event.ts';
import { type LatestOutcome, type NewLatestBatch, TooManyKeysError } from '../domain/latest-publication.ts';
import type { LatestBus, LatestStore } from '../ports.ts';
import { inParallel } from './in-parallel.ts';

/** What entrances publish with on `latest` channels. */
export interface LatestPublisher {
  /**
   * Writes the event as the newest of its key, then notifies. If it rejects, either of the two may have happened: publish again.
   * @throws TooManyKeysError, and whatever the store and the bus throw
   */
  publishLatest(event: NewLatestEvent): Promise<LatestEvent>;
  /** A write for each event, and one notification for all that are stored; rejects only if that fails. */
  publishLatestBatch(batch: NewLatestBatch): Promise<readonly LatestOutcome[]>;
}

/** Writes of a batch at the same time. */
const WRITES_AT_ONCE = 20;

export function createLatestPublisher({ store, bus }: { readonly store: LatestStore; readonly bus: LatestBus }): LatestPublisher {
  const write = async (event: NewLatestEvent): Promise<LatestOutcome> => {
    try {
      return { kind: 'stored', event: await store.put(event) };
    } catch (error) {
      return error instanceof TooManyKeysError ? { kind: 'refused', error } : { kind: 'unknown', error };
    }
  };
  return {
    async publishLatest(event) {
      const stored = await store.put(event);
      await bus.announceLatest([stored]);
      return stored;
    },
    async publishLatestBatch({ events }) {
      const outcomes = await inParallel(events, WRITES_AT_ONCE, write);
      const stored = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.event] : []));
      if (stored.length > 0) await bus.announceLatest(stored);
      return outcomes;
    },
  };
}
