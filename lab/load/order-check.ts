import { type ChannelPosition, ORIGIN } from '../../packages/protocol/cursor.ts';

/** What an event is to a stream. `late`: its turn was earlier, and it is there now. */
export type Arrival = 'next' | 'late' | 'repeated';

/** Follows the positions that one stream of one channel gets. Gaps are legal, since a seq may have no event, so they are only noted. */
export class OrderCheck {
  #epoch: string;
  #next: number;
  /** Passed over so far; made when it is needed, since there are thousands of streams. */
  #missing: Set<number> | undefined;

  /** @param start the position after which the stream begins */
  constructor(start: ChannelPosition) {
    this.#epoch = start.epoch;
    this.#next = start.seq + 1;
  }

  receive({ epoch, seq }: ChannelPosition): Arrival {
    // The channel's first epoch begins.
    if (this.#epoch === ORIGIN.epoch) this.#epoch = epoch;
    if (epoch !== this.#epoch) {
      // The channel began anew, which a server announces with a reset.
      this.#epoch = epoch;
      this.#next = seq + 1;
      this.#missing = undefined;
      return 'next';
    }
    if (seq >= this.#next) {
      for (let passed = this.#next; passed < seq; passed++) this.#note(passed);
      this.#next = seq + 1;
      return 'next';
    }
    return this.#missing?.delete(seq) === true ? 'late' : 'repeated';
  }

  /** Whether an event that was published there has not come. */
  lacks({ epoch, seq }: ChannelPosition): boolean {
    return (epoch === this.#epoch || this.#epoch === ORIGIN.epoch) && (seq >= this.#next || this.#missing?.has(seq) === true);
  }

  #note(seq: number): void {
    this.#missing ??= new Set();
    this.#missing.add(seq);
  }
}
