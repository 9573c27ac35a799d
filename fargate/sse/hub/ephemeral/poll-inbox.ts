import type { EphemeralEvent } from '../../../../backbone/domain/ephemeral-event.ts';
import { FEED_CLOSED } from '../feed.ts';
import { jsonBytes } from '../json-bytes.ts';
import type { EphemeralFeed, EphemeralListener } from './ephemeral-feed.ts';

/** What may come between the first event, which ends the wait of a poll, and its answer. */
const MAX_EVENTS = 100;
const MAX_BYTES = 256 * 1024;

/** Collects what comes on ephemeral channels while a poll waits. */
export class PollInbox implements EphemeralListener {
  readonly #feeds: readonly EphemeralFeed[];
  readonly #arrived = Promise.withResolvers<void>();
  #events: EphemeralEvent[] = [];
  #bytes = 0;

  constructor(feeds: readonly EphemeralFeed[]) {
    this.#feeds = feeds;
    for (const feed of feeds) feed.listeners.add(this);
    // Perhaps nobody is waiting when the channel is evicted.
    this.#arrived.promise.catch(() => {});
  }

  /** Resolves when something has come; rejects if a channel was evicted. */
  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  /** The events as JSON, at most. */
  get bytes(): number {
    return this.#bytes;
  }

  hear(event: EphemeralEvent): 'taken' | 'skipped' {
    const bytes = jsonBytes(event);
    if (this.#events.length >= MAX_EVENTS || (this.#events.length > 0 && this.#bytes + bytes > MAX_BYTES)) return 'skipped';
    this.#events.push(event);
    this.#bytes += bytes;
    this.#arrived.resolve();
    return 'taken';
  }

  evicted(): void {
    this.#arrived.reject(FEED_CLOSED);
  }

  /** Returns what has come, and stops listening. */
  close(): readonly EphemeralEvent[] {
    for (const feed of this.#feeds) feed.listeners.delete(this);
    return this.#events;
  }
}
