import { oncePerTurn } from '../../once-per-turn.ts';
import type { PresenceReader } from './presence-feed.ts';

/** As many as a pass over the readers of durable channels serves before the event loop gets its turn. */
const READERS_PER_TURN = 256;

/** Wakes many readers without blocking the event loop. */
export class ReaderPasses {
  readonly #waiting = new Set<PresenceReader>();
  readonly #schedule = oncePerTurn(() => {
    let left = READERS_PER_TURN;
    for (const reader of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(reader);
      reader.wake();
    }
    if (this.#waiting.size > 0) this.#schedule();
  });

  wake(readers: Iterable<PresenceReader>): void {
    for (const reader of readers) this.#waiting.add(reader);
    this.#schedule();
  }
}
