import type { Position } from './cursor.ts';
import type { ChannelEvent } from './event.ts';
import type { LogEntry } from './log-entry.ts';

/** Seqs `from` to `to`, both included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** Entries kept while a gap below them is open. What does not fit is read from the log once the gap is closed. */
const MAX_PENDING = 1024;

/**
 * Puts a channel's entries into order: whatever order, however late and however often they are offered,
 * events come out by seq, each once, and nothing comes out past a gap. One epoch only: who owns the sequencer
 * replaces it when the epoch changes. Pure: it asks for what is missing, and the owner reads it.
 */
export class Sequencer {
  readonly epoch: string;
  #position: number;
  #newestKnown: number;
  readonly #pending = new Map<number, LogEntry>();

  /** @param start everything up to and including it counts as delivered */
  constructor(start: Position) {
    this.epoch = start.epoch;
    this.#position = start.seq;
    this.#newestKnown = start.seq;
  }

  /** The seq up to which everything has come out. */
  get position(): number {
    return this.#position;
  }

  /** Takes one entry and returns the events that are deliverable now, in order. */
  offer(entry: LogEntry): readonly ChannelEvent[] {
    this.noteHead(entry.seq);
    if (entry.seq <= this.#position) return [];
    if (entry.seq > this.#position + 1) {
      if (this.#pending.size < MAX_PENDING) this.#pending.set(entry.seq, entry);
      return [];
    }
    const deliverable: ChannelEvent[] = [];
    for (let next: LogEntry | undefined = entry; next !== undefined; next = this.#pending.get(this.#position + 1)) {
      this.#pending.delete(next.seq);
      this.#position = next.seq;
      if (next.kind === 'event') deliverable.push(next.event);
    }
    return deliverable;
  }

  /** Notes that `seq` has been assigned, so that a lost last event is missed too. */
  noteHead(seq: number): void {
    this.#newestKnown = Math.max(this.#newestKnown, seq);
  }

  /** The lowest seqs that are known to be assigned and have not been offered, or undefined when nothing is missing. */
  missing(): SeqRange | undefined {
    if (this.#position >= this.#newestKnown) return undefined;
    const from = this.#position + 1;
    let to = from;
    while (to < this.#newestKnown && !this.#pending.has(to + 1)) to++;
    return { from, to };
  }
}
