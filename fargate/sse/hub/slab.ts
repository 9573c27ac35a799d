/** A stream that refers to a slab because its client has not taken all of it. */
export interface SlabHolder {
  /** The ring has dropped the slab, so its memory now counts against this holder. */
  answerForSlab(bytes: number): void;
}

/**
 * A piece of memory that encoded entries are appended to. What several readers lack is then one slice of it,
 * created without copying and shared by all sockets that still refer to it.
 */
export class Slab {
  readonly bytes: Buffer;
  used = 0;
  /** The ordinal after its last entry. */
  endOrdinal: number;
  /** Undefined for most slabs, because healthy clients take a slice at once. */
  #holders: Set<SlabHolder> | undefined;
  #answering: SlabHolder | undefined;
  #isLetGo = false;

  constructor(bytes: number, endOrdinal: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.endOrdinal = endOrdinal;
  }

  hold(holder: SlabHolder): void {
    this.#holders ??= new Set();
    this.#holders.add(holder);
  }

  release(holder: SlabHolder): void {
    this.#holders?.delete(holder);
    if (!this.#isLetGo || this.#answering !== holder) return;
    this.#answering = undefined;
    // Deferred: the release may happen while memory is being taken from the holder.
    queueMicrotask(() => this.#findAnswering());
  }

  /** The ring no longer has it. The slab then counts against one of its holders, so that it is counted once. */
  letGo(): void {
    this.#isLetGo = true;
    this.#findAnswering();
  }

  #findAnswering(): void {
    const [first] = this.#holders ?? [];
    if (first === undefined || this.#answering !== undefined) return;
    this.#answering = first;
    first.answerForSlab(this.bytes.length);
  }
}
