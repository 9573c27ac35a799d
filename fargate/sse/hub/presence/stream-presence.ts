import type { Reservation, Shares } from '../../budget/shares.ts';
import type { PresenceEntry, PresenceFeed, PresenceReader } from './presence-feed.ts';

export interface StreamPresenceOptions {
  readonly principal: string;
  /** A snapshot in several parts counts while it is sent, because it may be the only one of its kind. */
  readonly memory: Shares;
  /** Readers that could not take everything. */
  readonly behind: Set<PresenceReader>;
}

/** The stream that is written to. */
export interface PresenceStream {
  /** Writes whole frames if the client has taken everything before; false otherwise. */
  writeIfIdle(chunk: Buffer): boolean;
  close(reason: 'evicted'): void;
}

interface Snapshot {
  readonly entries: readonly PresenceEntry[];
  /** The ordinal at which the reader continues after it. */
  readonly end: number;
  readonly memory: Reservation | undefined;
  sent: number;
}

/** A stream's place in one channel. Without an ordinal or a snapshot it waits for one. */
interface Place {
  readonly feed: PresenceFeed;
  next: number | undefined;
  snapshot: Snapshot | undefined;
}

/**
 * Sends a stream who is present: a snapshot of each channel, then changes. A client that is behind gets a snapshot again
 * instead of what it has missed; nobody is closed because of presence.
 */
export class StreamPresence implements PresenceReader {
  readonly #options: StreamPresenceOptions;
  readonly #places: readonly Place[];
  #stream: PresenceStream | undefined;

  constructor(feeds: readonly PresenceFeed[], options: StreamPresenceOptions) {
    this.#options = options;
    this.#places = feeds.map((feed) => ({ feed, next: undefined, snapshot: undefined }));
  }

  /** The stream has its opening. */
  serve(stream: PresenceStream): void {
    this.#stream = stream;
    for (const { feed } of this.#places) feed.readers.add(this);
    this.wake();
  }

  wake(): void {
    const { behind } = this.#options;
    if (this.#stream === undefined) return;
    for (const place of this.#places) {
      if (this.#write(place, this.#stream)) continue;
      behind.add(this);
      return;
    }
    behind.delete(this);
  }

  evicted(): void {
    this.#stream?.close('evicted');
  }

  close(): void {
    this.#stream = undefined;
    this.#options.behind.delete(this);
    for (const { feed, snapshot } of this.#places) {
      feed.readers.delete(this);
      snapshot?.memory?.release();
    }
  }

  /** @returns whether the client has been sent everything */
  #write(place: Place, stream: PresenceStream): boolean {
    const { feed } = place;
    for (;;) {
      if (place.snapshot !== undefined) {
        if (!this.#writePart(place, place.snapshot, stream)) return false;
      } else if (place.next === undefined) {
        // The next cut wakes it.
        if (!feed.isSettled) return true;
        if (!this.#begin(place)) return false;
      } else if (place.next === feed.end) {
        return true;
      } else {
        const entry = feed.at(place.next);
        if (entry === undefined) place.next = undefined;
        else if (!stream.writeIfIdle(entry.chunk)) return false;
        else place.next++;
      }
    }
  }

  #writePart(place: Place, snapshot: Snapshot, stream: PresenceStream): boolean {
    const entry = snapshot.entries[snapshot.sent];
    if (entry !== undefined && !stream.writeIfIdle(entry.chunk)) return false;
    snapshot.sent++;
    if (snapshot.sent < snapshot.entries.length) return true;
    snapshot.memory?.release();
    place.next = snapshot.end;
    place.snapshot = undefined;
    return true;
  }

  #begin(place: Place): boolean {
    const { principal, memory } = this.#options;
    const { feed } = place;
    const entries = feed.snapshot();
    let reserved: Reservation | undefined;
    if (entries.length > 1) {
      const bytes = entries.reduce((sum, { chunk }) => sum + 2 * chunk.length, 0);
      reserved = memory.reserve(principal, bytes, () => {
        place.snapshot = undefined;
      });
      if (reserved === undefined) return false;
    }
    place.snapshot = { entries, end: feed.end, memory: reserved, sent: 0 };
    return true;
  }
}
