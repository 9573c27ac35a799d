/** Who holds a piece of a ring because its client has not taken it. */
export interface SlabHolder {
  /** The ring has let the piece go, so its memory is this holder's. */
  answerForSlab(bytes: number): void;
}

/**
 * A piece of memory that encoded entries are appended to, one behind the other. What several readers lack is then one
 * slice of it, made without copying and shared by all sockets that still hold it.
 */
export class Slab {
  readonly bytes: Buffer;
  used = 0;
  /** The ordinal behind its last entry. */
  endOrdinal: number;
  /** Most slabs have none: healthy clients take a slice at once. */
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
    // Not from within: it may be released because memory is being taken from its holder.
    queueMicrotask(() => this.#findAnswering());
  }

  /** The ring does not have it any more. One of its holders answers for it, so that it is counted once. */
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
