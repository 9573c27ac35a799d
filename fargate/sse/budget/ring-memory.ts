/**
 * A ring may take this part of what is free: many rings together can then never take more than there is, and
 * few rings may be large.
 */
const PART_OF_FREE = 1 / 8;

/** Memory is low above this part of the total: idle rings must go. */
const LOW_AT = 3 / 4;

/**
 * The memory of all rings of a task. A ring's limit follows from what the others leave (a dynamic threshold,
 * as in the shared buffers of switches: Choudhury and Hahne, 1998). If n rings want more than there is, their
 * n parts and the free part add up to the whole.
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

  /** What one ring may take at this moment. */
  get limit(): number {
    return Math.max(0, this.total - this.#used) * PART_OF_FREE;
  }

  get isLow(): boolean {
    return this.#used > this.total * LOW_AT;
  }

  get isSpent(): boolean {
    return this.#used > this.total;
  }

  /** What each ring may take when memory is low: the same for all. */
  fairLimit(rings: number): number {
    return (this.total * LOW_AT) / Math.max(1, rings);
  }

  add(bytes: number): void {
    this.#used += bytes;
  }
}
