import { oncePerTurn } from '../once-per-turn.ts';
import type { Feed, Reader } from './feed.ts';

/**
 * Readers served before the event loop gets its turn: about 2 ms of writes, so that queue, heartbeats and
 * accepts are not starved.
 */
const READERS_PER_TURN = 256;

/** One pass over the readers of one feed. */
interface Pass {
  readonly feed: Feed;
  readers: Iterator<Reader>;
  /** The end of the ring when the pass began: every reader is offered at least everything before it. */
  through: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Serves readers in passes. A pass visits every reader of a feed once and lets it take everything it lacks.
 * Events that arrive in the meantime are included for the readers still to be visited. So nothing is delayed
 * under light load, and under heavy load each reader is written to less often and gets more at once. Feeds
 * take turns.
 */
export class PassScheduler {
  readonly #passes = new Map<Feed, Pass>();
  readonly #ringLimitBytes: () => number;
  readonly #onPassed: (feed: Feed, from: number, through: number) => void;
  /** Where the last pass over a feed's readers ended. */
  readonly #passed = new WeakMap<Feed, number>();
  readonly #scheduleTurn = oncePerTurn(() => {
    this.#turn();
    if (this.#passes.size > 0) this.#scheduleTurn();
  });

  /**
   * @param ringLimitBytes to how many bytes of memory a feed's ring is trimmed once a pass has offered its
   * content to all readers
   * @param onPassed called when every reader has been offered the ring's entries from ordinal `from` up to
   * `through`
   */
  constructor(ringLimitBytes: () => number, onPassed: (feed: Feed, from: number, through: number) => void) {
    this.#ringLimitBytes = ringLimitBytes;
    this.#onPassed = onPassed;
  }

  /** Serves the feed's readers soon. */
  schedule(feed: Feed): void {
    if (this.#passes.has(feed)) return;
    const done = Promise.withResolvers<void>();
    this.#passes.set(feed, { feed, readers: feed.readers.values(), through: feed.ring.end, done });
    this.#scheduleTurn();
  }

  /** The ordinal up to which every reader has been offered the feed's ring. */
  offered(feed: Feed): number {
    return this.#passes.has(feed) ? (this.#passed.get(feed) ?? 0) : feed.ring.end;
  }

  /** Resolves when everything that is in the feed's ring by then has been offered to every reader. */
  async settled(feed: Feed): Promise<void> {
    await this.#passes.get(feed)?.done.promise;
  }

  #turn(): void {
    let budget = READERS_PER_TURN;
    for (const pass of [...this.#passes.values()]) {
      for (; budget > 0; budget--) {
        const next = pass.readers.next();
        if (next.done) {
          this.#finish(pass);
          break;
        }
        next.value.flush();
      }
      if (budget === 0) {
        this.#putLast(pass);
        return;
      }
    }
  }

  #finish(pass: Pass): void {
    const { feed } = pass;
    this.#onPassed(feed, this.#passed.get(feed) ?? 0, pass.through);
    this.#passed.set(feed, pass.through);
    feed.ring.trim(this.#ringLimitBytes(), pass.through);
    if (feed.ring.end > pass.through) {
      pass.readers = feed.readers.values();
      pass.through = feed.ring.end;
      return;
    }
    this.#passes.delete(feed);
    pass.done.resolve();
  }

  #putLast(pass: Pass): void {
    if (!this.#passes.delete(pass.feed)) return;
    this.#passes.set(pass.feed, pass);
  }
}
