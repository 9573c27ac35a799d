import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import { oncePerTurn } from '../../once-per-turn.ts';
import type { LatestFeed, LatestReader } from './latest-feed.ts';

/** How long readers are served before the event loop gets its turn. One of them may take much longer than another. */
const TURN_MS = 2;

interface Pass {
  readonly readers: Iterator<LatestReader>;
  /** What every reader is offered at least. */
  readonly through: number;
  readonly newest: LatestEvent | undefined;
}

/**
 * Serves the readers of `latest` channels in passes: each takes everything that it lacks. What changes while a pass lasts is part of
 * the next one, so under load readers get fewer versions and not more work. Channels take turns.
 */
export class LatestPasses {
  readonly #passes = new Map<LatestFeed, Pass>();
  readonly #onPassed: (newest: LatestEvent) => void;
  readonly #scheduleTurn = oncePerTurn(() => {
    this.#turn();
    if (this.#passes.size > 0) this.#scheduleTurn();
  });

  /** @param onPassed called when every reader was offered everything up to this event */
  constructor(onPassed: (newest: LatestEvent) => void) {
    this.#onPassed = onPassed;
  }

  /** Serves the feed's readers soon. */
  schedule(feed: LatestFeed): void {
    if (this.#passes.has(feed) || feed.readers.size === 0) return;
    feed.beginPass();
    this.#passes.set(feed, { readers: feed.readers.values(), through: feed.state.ordinal, newest: feed.state.newest });
    this.#scheduleTurn();
  }

  #turn(): void {
    const endsAtMs = performance.now() + TURN_MS;
    for (const [feed, pass] of [...this.#passes]) {
      for (let next = pass.readers.next(); ; next = pass.readers.next()) {
        if (next.done) {
          this.#finish(feed, pass);
          break;
        }
        next.value.flush();
        if (performance.now() < endsAtMs) continue;
        // The others come first in the next turn.
        this.#passes.delete(feed);
        this.#passes.set(feed, pass);
        return;
      }
    }
  }

  #finish(feed: LatestFeed, { newest, through }: Pass): void {
    this.#passes.delete(feed);
    feed.endPass();
    if (newest !== undefined) this.#onPassed(newest);
    if (feed.state.ordinal > through) this.schedule(feed);
  }
}
