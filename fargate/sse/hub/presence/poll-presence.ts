import type { Reservation, Shares } from '../../budget/shares.ts';
import { FEED_CLOSED } from '../feed.ts';
import { NoMemoryError } from '../page-memory.ts';
import type { PresenceFeed, PresenceReader } from './presence-feed.ts';

export interface PollPresenceOptions {
  readonly principal: string;
  readonly memory: Shares;
}

/** Collects for a poll what has changed on channels whose presence it follows. */
export class PollPresence implements PresenceReader {
  readonly #feeds: readonly PresenceFeed[];
  /** What the client knows, by channel. */
  readonly #states: ReadonlyMap<string, string>;
  readonly #options: PollPresenceOptions;
  readonly #unsettled: Set<PresenceFeed>;
  readonly #ready = Promise.withResolvers<void>();
  #arrived = toArrive();
  #isEvicted = false;
  readonly #revoked = new AbortController();
  #memory: Reservation | undefined;

  constructor(feeds: readonly PresenceFeed[], states: ReadonlyMap<string, string>, options: PollPresenceOptions) {
    this.#feeds = feeds;
    this.#states = states;
    this.#options = options;
    this.#unsettled = new Set(feeds);
    for (const feed of feeds) {
      feed.readers.add(this);
      feed.opened.catch((error: unknown) => this.#ready.reject(error));
    }
    // Perhaps nobody is waiting.
    this.#ready.promise.catch(() => {});
    this.wake();
  }

  get isReady(): boolean {
    return this.#unsettled.size === 0;
  }

  /** Resolves when it is known who is present; rejects if the store cannot be read. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when there is something to say; rejects if a channel was evicted. */
  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  /** Aborts when others need the memory of what was taken. */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  wake(): void {
    for (const feed of this.#unsettled) if (feed.isSettled) this.#unsettled.delete(feed);
    if (this.#unsettled.size > 0) return;
    this.#ready.resolve();
    if (this.#news().length > 0) this.#arrived.resolve();
  }

  evicted(): void {
    this.#isEvicted = true;
    this.#ready.reject(FEED_CLOSED);
    this.#arrived.reject(FEED_CLOSED);
  }

  /**
   * What the client does not know, as JSON.
   * @throws NoMemoryError if there is no memory for it
   */
  take(): readonly string[] {
    const texts = this.#news().flatMap((feed) => textsAfter(feed, this.#states.get(feed.channel)));
    const bytes = texts.reduce((sum, text) => sum + 2 * text.length, 0);
    if (bytes === 0) {
      // What had come is undone by now: somebody came and left.
      if (!this.#isEvicted) this.#arrived = toArrive();
      return [];
    }
    const { memory, principal } = this.#options;
    const noMemory = new NoMemoryError(`the members of these channels take ${bytes} bytes, and there is no memory for them`);
    this.#memory ??= memory.reserve(principal, bytes, () => this.#revoked.abort(noMemory));
    if (this.#memory === undefined) throw noMemory;
    return texts;
  }

  /** The poll does not wait any more. What it has taken still counts. */
  close(): void {
    for (const feed of this.#feeds) feed.readers.delete(this);
  }

  release(): void {
    this.#memory?.release();
  }

  #news(): readonly PresenceFeed[] {
    return this.#feeds.filter((feed) => feed.isSettled && feed.state !== this.#states.get(feed.channel));
  }
}

function toArrive(): PromiseWithResolvers<void> {
  const arriving = Promise.withResolvers<void>();
  // Perhaps nobody is waiting when a channel is evicted.
  arriving.promise.catch(() => {});
  return arriving;
}

function textsAfter(feed: PresenceFeed, state: string | undefined): readonly string[] {
  const from = state === undefined ? undefined : feed.locate(state);
  if (from === undefined) return feed.snapshot().map(({ json }) => json);
  return Array.from({ length: feed.end - from }, (_, at) => feed.at(from + at)?.json ?? '');
}
