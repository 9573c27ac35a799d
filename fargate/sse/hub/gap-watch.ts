/**
 * Records since when a channel's missing seqs have been known to be assigned. A gap is tombstoned when every
 * seq of it has been known for the grace period: its publisher was given the seq before that, and has given
 * it up by then.
 */
export class GapWatch {
  /** Ascending in both fields: all seqs up to `upTo` were known at `atMs`. */
  readonly #noticed: { readonly upTo: number; readonly atMs: number }[] = [];

  /** Records that all seqs up to `seq` are assigned. */
  note(seq: number, atMs: number): void {
    if (seq > (this.#noticed.at(-1)?.upTo ?? 0)) this.#noticed.push({ upTo: seq, atMs });
  }

  /** Forgets the seqs that were delivered. */
  settle(position: number): void {
    const open = this.#noticed.findIndex(({ upTo }) => upTo > position);
    this.#noticed.splice(0, open < 0 ? this.#noticed.length : open);
  }

  noticedAtMs(seq: number): number | undefined {
    return this.#noticed.find(({ upTo }) => upTo >= seq)?.atMs;
  }

  /** The highest seq that was known at `atMs`; 0 if none was. */
  knownAt(atMs: number): number {
    return this.#noticed.findLast((notice) => notice.atMs <= atMs)?.upTo ?? 0;
  }
}
