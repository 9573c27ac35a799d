import type { Reservation, Shares } from '../budget/shares.ts';

export interface OwnBytesOptions {
  readonly memory: Shares;
  readonly principal: string;
  /** Called when memory is available again after {@link OwnBytes.room} returned 0. */
  readonly onRoom: () => void;
  /** Others need the memory of what the client has not taken. */
  readonly onRevoked: () => void;
}

/** About how much is encoded into one write if a stream cannot share the ring's bytes. */
export const WRITE_BYTES = 64 * 1024;

/**
 * The memory of what a stream has written and cannot share with other streams, until its client has taken it.
 * It counts against the client's share: with a small share, writes are smaller, and with none, they wait.
 */
export class OwnBytes {
  readonly #options: OwnBytesOptions;
  /** For the bytes that the transport holds, or for the write that has waited for memory. */
  #reservation: Reservation | undefined;
  #waiting: AbortController | undefined;

  constructor(options: OwnBytesOptions) {
    this.#options = options;
  }

  /** Nothing is written in the meantime. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * How much may be written now.
   * @param firstBytes the minimum that makes sense: one frame
   * @returns 0 if there is no memory for it; `onRoom` is called when there is
   */
  room(firstBytes: number): number {
    const { memory, principal } = this.#options;
    const granted = this.#reservation?.amount ?? 0;
    const share = memory.shareOf(principal);
    const free = share - memory.heldBy(principal) + granted;
    // A frame that is larger than the whole share is allowed, but alone.
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
      // In the meantime, a reservation may have been made for a slab that the ring has dropped.
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

  /** The transport holds this many bytes that only this stream uses. */
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

  /** The client has taken everything, or the write that waited for memory turned out to be unnecessary. */
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
