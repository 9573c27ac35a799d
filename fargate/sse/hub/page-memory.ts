import { MAX_FRAME_BYTES } from '../../../backbone/domain/event.ts';
import type { Clock } from '../../../backbone/ports.ts';
import type { Reservation, Shares } from '../budget/shares.ts';

/** There was no memory for a page for as long as a reader may wait for it. */
export class NoMemoryError extends Error {
  override readonly name = 'NoMemoryError';
}

/** JSON of one page, without the event that exceeds it. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** The largest event as JSON, and a little more. */
const ONE_EVENT_BYTES = MAX_FRAME_BYTES + 1024;

/** Reserved for an empty page. Events that arrive while it is collected are counted afterwards. */
const LITTLE_BYTES = 1_024;

const MAX_WAIT_MS = 5_000;

/** The memory of one poll's page, taken from its reader's share. */
export class PageMemory {
  readonly #shares: Shares;
  readonly #principal: string;
  readonly #clock: Clock;
  readonly #revoked = new AbortController();
  #reservation: Reservation | undefined;

  constructor(shares: Shares, principal: string, clock: Clock) {
    this.#shares = shares;
    this.#principal = principal;
    this.#clock = clock;
  }

  /** Aborts when others need the page's memory. */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  /**
   * Takes what a page needs, or less if the reader's share is smaller, but always enough for one event.
   * @param needed bytes of JSON that are ready; undefined if the log must be read, which may fill a page
   * @param atLeast bytes of JSON that cannot be divided
   * @returns bytes of JSON at which the page is full. If the log is read, this accounts for one event beyond
   * that
   * @throws NoMemoryError, or the signal's reason
   */
  async take(needed: number | undefined, signal: AbortSignal, atLeast = 0): Promise<number> {
    const free = this.#shares.shareOf(this.#principal) - this.#shares.heldBy(this.#principal);
    const most = Math.max(ONE_EVENT_BYTES, atLeast, Math.min(MAX_PAGE_BYTES + ONE_EVENT_BYTES, free));
    const isKnown = needed !== undefined && needed <= most;
    const amount = isKnown ? Math.max(LITTLE_BYTES, needed) : most;
    const revoke = () => this.#revoked.abort(new NoMemoryError('others need the memory of this page'));
    this.#reservation = this.#shares.reserve(this.#principal, amount, revoke) ?? (await this.#wait(amount, revoke, signal));
    return Math.max(1, isKnown ? needed : amount - ONE_EVENT_BYTES);
  }

  async #wait(amount: number, revoke: () => void, signal: AbortSignal): Promise<Reservation> {
    const over = new AbortController();
    const tooLong = () => over.abort(new NoMemoryError(`a page needs ${amount} bytes, and that much memory did not become free in time`));
    this.#clock.sleep(MAX_WAIT_MS, over.signal).then(tooLong, () => {});
    try {
      return await this.#shares.wait(this.#principal, amount, revoke, AbortSignal.any([signal, over.signal]));
    } finally {
      over.abort();
    }
  }

  /** Releases what the page does not need. */
  shrink(bytes: number): void {
    if (bytes === 0) this.release();
    else this.#reservation?.resize(bytes);
  }

  release(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
  }
}
