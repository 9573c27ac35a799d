import type { Reservation, Shares } from '../budget/shares.ts';

export interface OwnBytesOptions {
  readonly memory: Shares;
  readonly principal: string;
  /** There is memory again for what had none. */
  readonly onRoom: () => void;
  /** Others need what the client has not taken. */
  readonly onRevoked: () => void;
}

/** About how much is encoded into one write where a stream cannot share the ring's bytes. */
export const WRITE_BYTES = 64 * 1024;

/**
 * The memory of what a stream has written that no other stream shares, for as long as its client has not taken it. It counts against
 * the client's share; where the share is small, writes are smaller, and where there is none, they wait.
 */
export class OwnBytes {
  readonly #options: OwnBytesOptions;
  /** For the bytes that the transport holds, or for the write that has waited for memory. */
  #reservation: Reservation | undefined;
  #waiting: AbortController | undefined;

  constructor(options: OwnBytesOptions) {
    this.#options = options;
  }

  /** Nothing is written meanwhile. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * How much may be written now.
   * @param firstBytes the least that makes sense: one frame
   * @returns 0 where there is no memory for it: `onRoom` follows
   */
  room(firstBytes: number): number {
    const { memory, principal } = this.#options;
    const granted = this.#reservation?.amount ?? 0;
    const share = memory.shareOf(principal);
    const free = share - memory.heldBy(principal) + granted;
    // A frame that is larger than the whole share is let through alone.
    if (granted > 0 || free >= Math.min(firstBytes, share)) return Math.max(firstBytes, Math.min(WRITE_BYTES, free));
    if (this.#waiting === undefined) void this.#wait(Math.min(firstBytes, share));
    return 0;
  }

  async #wait(bytes: number): Promise<void> {
    const { memory, principal, onRoom } = this.#options;
    const waiting = new AbortController();
    this.#waiting = waiting;
    try {
      const granted = await memory.wait(principal, bytes, () => this.#revoke(), waiting.signal);
      // What the ring has let go may have come in between.
      if (this.#reservation === undefined) this.#reservation = granted;
      else granted.release();
    } catch (error) {
      if (!waiting.signal.aborted) throw error;
      return;
    } finally {
      this.#waiting = undefined;
    }
    onRoom();
  }

  /** The transport holds so many bytes of the stream's own. */
  hold(bytes: number): void {
    const { memory, principal } = this.#options;
    const free = memory.shareOf(principal) - memory.heldBy(principal) + (this.#reservation?.amount ?? 0);
    const amount = Math.min(bytes, Math.max(0, free));
    if (this.#reservation !== undefined) this.#reservation.resize(amount);
    else this.#reservation = memory.reserve(principal, amount, () => this.#revoke());
  }

  #revoke(): void {
    this.#reservation = undefined;
    this.#options.onRevoked();
  }

  /** The client has taken all of it, or a write that has waited for memory was not needed. */
  release(): void {
    this.#reservation?.release();
    this.#reservation = undefined;
  }

  /** The stream has ended. */
  close(): void {
    this.#waiting?.abort();
    this.release();
  }
}
