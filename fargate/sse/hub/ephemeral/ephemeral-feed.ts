import type { EphemeralEvent } from '../../../../backbone/domain/ephemeral-event.ts';
import { NewestOnly } from '../../../../backbone/domain/newest-only.ts';

/** A stream, or a waiting poll. */
export interface EphemeralListener {
  /**
   * Takes an event, or skips it for good because its client is behind.
   * @param chunk the event's frame, the same bytes for all listeners
   */
  hear(event: EphemeralEvent, chunk: Buffer): 'taken' | 'skipped';
  /** The channel has lost its place to somebody who follows fewer channels. */
  evicted(): void;
}

/** One ephemeral channel as this task sees it. Exists while somebody listens, and keeps no event. */
export class EphemeralFeed {
  readonly channel: string;
  readonly listeners = new Set<EphemeralListener>();
  /** Streams and polls that have acquired the feed, whether or not they listen already. */
  users = 0;
  readonly #newestOnly = new NewestOnly();

  constructor(channel: string) {
    this.channel = channel;
  }

  /** False for an event that has come before, or after a newer one of its publisher. */
  takes(event: EphemeralEvent): boolean {
    return this.#newestOnly.takes(event);
  }
}
