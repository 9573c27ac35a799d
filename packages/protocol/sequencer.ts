import type { ChannelPosition } from './cursor.ts';

/** Seqs `from` to `to`, both included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** Items kept while a gap below them is open. What does not fit is missing, and its owner reads it again with the gap. */
const MAX_PENDING = 1024;

/**
 * Puts the items of a channel into order: whatever order, however late and however often they are offered, they come out by seq,
 * each once, and none comes out past a gap. One epoch only: the owner replaces the sequencer when the epoch changes. Pure: it says
 * what is missing, and the owner asks the log for it.
 */
export class Sequencer<Item> implements ChannelPosition {
  readonly epoch: string;
  #seq: number;
  #newestKnown: number;
  readonly #pending = new Map<number, Item>();

  /** @param start everything up to and including it counts as delivered */
  constructor({ epoch, seq }: ChannelPosition) {
    this.epoch = epoch;
    this.#seq = seq;
    this.#newestKnown = seq;
  }

  /** The seq up to which everything has come out. */
  get seq(): number {
    return this.#seq;
  }

  /** The newest seq that is known to be assigned. */
  get newestKnown(): number {
    return this.#newestKnown;
  }

  /** What waits behind a gap, by seq. */
  get pending(): ReadonlyMap<number, Item> {
    return this.#pending;
  }

  /** Whether something is missing that is known to be assigned. */
  get hasGap(): boolean {
    return this.#seq < this.#newestKnown;
  }

  /** Takes one item and returns those that are deliverable now, in order. */
  offer(seq: number, item: Item): readonly Item[] {
    this.noteHead(seq);
    if (seq === this.#seq + 1) {
      this.#seq = seq;
      return this.#release([item]);
    }
    if (seq > this.#seq && this.#pending.size < MAX_PENDING) this.#pending.set(seq, item);
    return [];
  }

  /** What has not come up to `seq` does not exist. Returns what waited for it, in order. */
  settle(seq: number): readonly Item[] {
    const ready = [...this.#pending].filter(([at]) => at <= seq).sort(([a], [b]) => a - b);
    for (const [at] of ready) this.#pending.delete(at);
    this.noteHead(seq);
    this.#seq = Math.max(this.#seq, seq);
    return this.#release(ready.map(([, item]) => item));
  }

  /** Notes that `seq` has been assigned, so that a lost last event is missed too. */
  noteHead(seq: number): void {
    this.#newestKnown = Math.max(this.#newestKnown, seq);
  }

  /** Adds what is next to those that come out. */
  #release(items: Item[]): Item[] {
    for (;;) {
      const item = this.#pending.get(this.#seq + 1);
      if (item === undefined) return items;
      this.#pending.delete(++this.#seq);
      items.push(item);
    }
  }
}

/** The lowest seqs that are known to be assigned and have not been offered, or undefined when nothing is missing. */
export function missingFrom({ seq, newestKnown, pending }: Sequencer<unknown>): SeqRange | undefined {
  if (seq >= newestKnown) return undefined;
  const from = seq + 1;
  let to = from;
  while (to < newestKnown && !pending.has(to + 1)) to++;
  return { from, to };
}
