/** A place in a channel: everything up to and including `seq` of `epoch` is behind it. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

const POSITION = /^([a-z0-9]{1,32})\.(0|[1-9][0-9]{0,15})$/;

/** Undefined for anything but `epoch.seq`. */
export function parsePosition(id: string): Position | undefined {
  const match = POSITION.exec(id);
  const seq = Number(match?.[2]);
  return match?.[1] !== undefined && Number.isSafeInteger(seq) ? { epoch: match[1], seq } : undefined;
}

/** `0.0` stands before a channel's first epoch: seq 1 of whichever begins comes next. */
function within(position: Position, epoch: string): Position {
  return position.epoch === '0' ? { epoch, seq: 0 } : position;
}

/** Whether `id` lies behind `other` in the same epoch. */
export function isAfter(id: string, other: string): boolean {
  const [a, b] = [parsePosition(id), parsePosition(other)];
  if (a === undefined || b === undefined) return false;
  const from = within(b, a.epoch);
  return a.epoch === from.epoch && a.seq > from.seq;
}

export type Offer<E> =
  | { readonly kind: 'repeat' }
  /** Of another epoch, or without a position: the log was wiped or restored, and the server has to say how to go on. */
  | { readonly kind: 'foreign' }
  /** What can be shown now, in order; empty while the event waits for one before it. */
  | { readonly kind: 'released'; readonly events: readonly E[] };

/** Puts one channel's events into order: they come out by seq, each once, and none past a gap. */
export class ChannelOrder<E extends { readonly id: string }> {
  #position: Position | undefined;
  readonly #held = new Map<number, E>();

  /** The id after which to resume; undefined until {@link start}. */
  get position(): string | undefined {
    return this.#position && `${this.#position.epoch}.${this.#position.seq}`;
  }

  /** The newest event that waits for one before it: while there is one, something is missing. */
  get newestHeld(): string | undefined {
    return this.#position && this.#held.get(Math.max(...this.#held.keys()))?.id;
  }

  /** Whether everything up to `id` has come out. */
  covers(id: string): boolean {
    const at = parsePosition(id);
    return at !== undefined && at.epoch === this.#position?.epoch && at.seq <= this.#position.seq;
  }

  /** Begins, or begins anew, behind `id`; returns what had been held and can be shown now. */
  start(id: string): readonly E[] {
    const position = parsePosition(id);
    if (position === undefined) return [];
    for (const [seq, event] of this.#held) {
      if (seq <= position.seq || parsePosition(event.id)?.epoch !== position.epoch) this.#held.delete(seq);
    }
    this.#position = position;
    return this.#releaseContiguous();
  }

  offer(event: E): Offer<E> {
    const at = parsePosition(event.id);
    if (at === undefined) return { kind: 'foreign' };
    if (this.#position !== undefined) {
      this.#position = within(this.#position, at.epoch);
      if (at.epoch !== this.#position.epoch) return { kind: 'foreign' };
      if (at.seq <= this.#position.seq) return { kind: 'repeat' };
    }
    if (this.#held.has(at.seq)) return { kind: 'repeat' };
    this.#held.set(at.seq, event);
    return { kind: 'released', events: this.#releaseContiguous() };
  }

  /** Everything that exists up to `id` has been offered, so what is still missing there never will be. */
  settle(id: string): readonly E[] {
    const upTo = parsePosition(id);
    const position = upTo && this.#position && within(this.#position, upTo.epoch);
    if (upTo === undefined || upTo.epoch !== position?.epoch || upTo.seq <= position.seq) return [];
    const released = [...this.#held].filter(([seq]) => seq <= upTo.seq).sort(([a], [b]) => a - b);
    for (const [seq] of released) this.#held.delete(seq);
    this.#position = upTo;
    return [...released.map(([, event]) => event), ...this.#releaseContiguous()];
  }

  #releaseContiguous(): readonly E[] {
    const released: E[] = [];
    while (this.#position !== undefined) {
      const seq: number = this.#position.seq + 1;
      const next = this.#held.get(seq);
      if (next === undefined) break;
      this.#held.delete(seq);
      this.#position = { epoch: this.#position.epoch, seq };
      released.push(next);
    }
    return released;
  }
}
