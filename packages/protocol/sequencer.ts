import type { ChannelPosition } from './cursor.ts';

/** Seqs `from` to `to`, both included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How many items are kept while a gap below them is open. The rest counts as missing, and the owner reads it
 * again together with the gap.
 */
const MAX_PENDING = 1024;

/**
 * Puts the items of a channel into order: whatever their order, however late and however often they are
 * offered, they are returned by seq, each once, and none past a gap. It handles one epoch: the owner replaces
 * the sequencer when the epoch changes. Pure: it tells what is missing, and the owner reads that from the
 * log.
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

  /** The seq up to which everything was delivered. */
  get seq(): number {
    return this.#seq;
  }

  /** The newest seq that is known to be assigned. */
  get newestKnown(): number {
    return this.#newestKnown;
  }

  /** Items that wait behind a gap, by seq. */
  get pending(): ReadonlyMap<number, Item> {
    return this.#pending;
  }

  /** Whether an item is missing although its seq is known to be assigned. */
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

  /** Declares that missing items up to `seq` do not exist. Returns the items that waited for them, in order. */
  settle(seq: number): readonly Item[] {
    const ready = [...this.#pending].filter(([at]) => at <= seq).sort(([a], [b]) => a - b);
    for (const [at] of ready) this.#pending.delete(at);
    this.noteHead(seq);
    this.#seq = Math.max(this.#seq, seq);
    return this.#release(ready.map(([, item]) => item));
  }

  /** Records that `seq` is assigned, so that a lost last event is noticed too. */
  noteHead(seq: number): void {
    this.#newestKnown = Math.max(this.#newestKnown, seq);
  }

  /** Adds the items that are deliverable next. */
  #release(items: Item[]): Item[] {
    for (;;) {
      const item = this.#pending.get(this.#seq + 1);
      if (item === undefined) return items;
      this.#pending.delete(++this.#seq);
      items.push(item);
    }
  }
}

/**
 * The lowest range of seqs that are known to be assigned but were not offered; undefined if nothing is
 * missing.
 */
export function missingFrom({ seq, newestKnown, pending }: Sequencer<unknown>): SeqRange | undefined {
  if (seq >= newestKnown) return undefined;
  const from = seq + 1;
  let to = from;
  while (to < newestKnown && !pending.has(to + 1)) to++;
  return { from, to };
}
