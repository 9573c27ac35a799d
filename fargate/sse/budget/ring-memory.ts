/** A ring may have this part of what is free: many rings together then never have more than there is, and a few have a lot. */
const PART_OF_FREE = 1 / 8;

/** More than this part is used: what is idle has to go. */
const LOW_AT = 3 / 4;

/**
 * The memory of all rings of a task. What one ring may have follows from what the others leave (a dynamic threshold, as in the
 * shared buffers of switches: Choudhury and Hahne, 1998): with n rings that want more than there is, the n parts and what is free
 * make up the whole.
 */
export class RingMemory {
  readonly total: number;
  #used = 0;

  constructor(total: number) {
    this.total = total;
  }

  get used(): number {
    return this.#used;
  }

  /** What one ring may have at this moment. */
  get limit(): number {
    return Math.max(0, this.total - this.#used) * PART_OF_FREE;
  }

  get isLow(): boolean {
    return this.#used > this.total * LOW_AT;
  }

  get isSpent(): boolean {
    return this.#used > this.total;
  }

  /** What a ring may have where memory is low, so that all have the same. */
  fairLimit(rings: number): number {
    return (this.total * LOW_AT) / Math.max(1, rings);
  }

  add(bytes: number): void {
    this.#used += bytes;
  }
}
