import type { ChannelActivity, ChannelEvent, ChannelItem, ResetReason } from './types.ts';

/** Events kept while a gap below them is open. What does not fit is asked for again with the gap. */
const MAX_PENDING = 1_000;

interface ParsedCursor {
  readonly epoch: string;
  readonly seq: number;
}

/** The cursor of a channel that was never used. Seq 1 of whichever epoch begins comes next. */
export const ORIGIN = '0.0';

function isOrigin(cursor: ParsedCursor | undefined): boolean {
  return cursor?.epoch === '0';
}

/** `k3f9.1042`: the epoch is a word of the channel's log, seqs count 1, 2, 3 … within it. */
function parseCursor(id: string): ParsedCursor {
  const dot = id.lastIndexOf('.');
  return { epoch: id.slice(0, dot), seq: Number(id.slice(dot + 1)) };
}

export function isCursor(id: string): boolean {
  return /^\w+\.\d+$/.test(id);
}

/** Whether everything up to `id` has come to a reader at `cursor`. False where they are of two epochs, which do not compare. */
export function covers(cursor: string, id: string): boolean {
  const [at, sought] = [parseCursor(cursor), parseCursor(id)];
  return isOrigin(sought) || (at.epoch === sought.epoch && at.seq >= sought.seq);
}

/**
 * One channel's order: whatever comes in, events come out by seq, each once, and none is skipped unless the server has said
 * that there is nothing, or that it cannot be had (`reset`). Pure: its owner talks to the server.
 *
 * The seqs that events leave out are of two kinds, and only the server can tell them apart: gaps, which are still to come, and
 * tombstones, which stay empty. A lane that orders its events itself (SSE, polling) has told by sending what lies behind.
 */
export class Order {
  readonly #channel: string;
  readonly #report: (activity: ChannelActivity) => void;
  #position: ParsedCursor | undefined;
  /** Events that cannot come out yet, by id. */
  readonly #pending = new Map<string, ChannelEvent>();
  /** An event did not fit into `#pending` since the server was asked last. */
  #overflowed = false;
  /** What was pending when the server was asked last. */
  #asked: ReadonlySet<string> = new Set();
  /** The gap that the server was asked about last, up to the newest event behind it. */
  #gap: { readonly after: string; readonly upTo: string; found: number } | undefined;
  /** The epoch that a reset has ended: its late events begin nothing. */
  #endedEpoch: string | undefined;

  /**
   * @param after everything up to it counts as delivered; undefined until the first baseline
   * @param report told of repeats and of gaps that closed
   */
  constructor(channel: string, after: string | undefined, report: (activity: ChannelActivity) => void = () => {}) {
    this.#channel = channel;
    this.#report = report;
    if (after !== undefined) this.#position = parseCursor(after);
  }

  /** Everything up to here has come out, or is known not to exist. */
  get cursor(): string | undefined {
    return this.#position && `${this.#position.epoch}.${this.#position.seq}`;
  }

  /** Events are waiting for others that have not come. */
  get hasGap(): boolean {
    return this.#pending.size > 0 || this.#overflowed;
  }

  /** Takes an event of a lane that may lose, repeat and reorder. */
  offer(event: ChannelEvent): readonly ChannelItem[] {
    const { epoch, seq } = parseCursor(event.id);
    const isFirst = isOrigin(this.#position) && epoch !== this.#endedEpoch;
    const position = isFirst ? { epoch, seq: 0 } : this.#position;
    const isNext = position?.epoch === epoch && seq === position.seq + 1;
    const isBehind = position?.epoch === epoch && seq <= position.seq;
    if (isBehind || (this.#pending.has(event.id) && !isNext)) return this.#repeat(event);
    if (this.#gap !== undefined && covers(this.#gap.upTo, event.id)) this.#gap.found++;
    if (isNext) {
      this.#position = position;
      this.#pending.set(event.id, event);
      return this.#release();
    }
    // A gap, or a foreign epoch that the server has yet to explain, or no baseline so far.
    if (this.#pending.size < MAX_PENDING) this.#pending.set(event.id, event);
    else this.#overflowed = true;
    return [];
  }

  /** Takes an event of a lane that delivers in order and leaves out only what does not exist. */
  next(event: ChannelEvent): readonly ChannelItem[] {
    const { epoch, seq } = parseCursor(event.id);
    const position = this.#position;
    if (position?.epoch === epoch && seq <= position.seq) return this.#repeat(event);
    const changed = position !== undefined && position.epoch !== epoch && !isOrigin(position);
    const after = this.cursor;
    if (after !== undefined && position?.epoch === epoch && seq > position.seq + 1) this.#report({ kind: 'gapClosed', after, found: 0 });
    this.#moveTo({ epoch, seq });
    return changed ? [this.#reset('epoch_changed'), event] : [event];
  }

  /**
   * The server is about to be asked for what is missing. It looks at the log after all that has come so far, so it judges that;
   * what comes before its answer may be of an epoch that it did not see yet.
   */
  ask(): void {
    this.#asked = new Set(this.#pending.keys());
    this.#overflowed = false;
    const upTo = [...this.#asked].reduce<string | undefined>((a, b) => (a !== undefined && covers(a, b) ? a : b), undefined);
    this.#gap = this.cursor !== undefined && upTo !== undefined ? { after: this.cursor, upTo, found: 0 } : undefined;
  }

  /**
   * The server says that all that exists up to `upTo` has been sent: what is missing up to there does not exist.
   * Without a position so far, `upTo` is the baseline.
   */
  settle(upTo: string): readonly ChannelItem[] {
    const target = parseCursor(upTo);
    const wasUnused = isOrigin(this.#position);
    const { epoch, seq } = wasUnused ? { epoch: target.epoch, seq: 0 } : (this.#position ?? target);
    // The log has one epoch at a time: what the server was asked about and is of another one is late.
    const late = [...this.#asked].filter((id) => parseCursor(id).epoch !== target.epoch && this.#pending.delete(id));
    if (epoch !== target.epoch) return [];
    // An epoch has begun and was lost before all of it came.
    const isLost = wasUnused && late.some((id) => parseCursor(id).epoch !== this.#endedEpoch);
    const resets = isLost ? [this.#reset('epoch_changed')] : [];
    const items = [...this.#pending.values()]
      .map((event) => ({ event, at: parseCursor(event.id) }))
      .filter(({ at }) => at.epoch === epoch && at.seq > seq && at.seq <= target.seq)
      .sort((a, b) => a.at.seq - b.at.seq)
      .map(({ event }) => event);
    this.#moveTo({ epoch, seq: Math.max(seq, target.seq) });
    const released = this.#release();
    this.#closeGap();
    return [...resets, ...items, ...released];
  }

  /**
   * The server cannot resume the position. The order goes on from `baseline`, or from whatever is settled or comes next.
   * The reset itself comes out too, in its place between the events. What has come already and lies unbroken before the
   * baseline comes out behind it: whoever was connected when the log was lost misses nothing of the new one.
   */
  reset(reason: ResetReason, baseline: string | undefined): readonly ChannelItem[] {
    if (!isOrigin(this.#position)) this.#endedEpoch = this.#position?.epoch;
    this.#position = undefined;
    this.#gap = undefined;
    if (baseline === undefined) return [this.#reset(reason)];
    const position = parseCursor(baseline);
    const { epoch } = position;
    let { seq } = position;
    while (this.#pending.has(`${epoch}.${seq}`)) seq--;
    this.#position = { epoch, seq };
    return [this.#reset(reason), ...this.settle(baseline).filter(({ kind }) => kind === 'event')];
  }

  #reset(reason: ResetReason): ChannelItem {
    return { kind: 'reset', channel: this.#channel, reason };
  }

  #repeat({ id }: ChannelEvent): readonly ChannelItem[] {
    this.#report({ kind: 'repeat', id });
    return [];
  }

  #closeGap(): void {
    const [gap, { cursor }] = [this.#gap, this];
    if (gap === undefined || cursor === undefined || !covers(cursor, gap.upTo)) return;
    this.#gap = undefined;
    this.#report({ kind: 'gapClosed', after: gap.after, found: gap.found });
  }

  #moveTo(position: ParsedCursor): void {
    this.#position = position;
    for (const id of this.#pending.keys()) {
      const { epoch, seq } = parseCursor(id);
      if (epoch === position.epoch && seq <= position.seq) this.#pending.delete(id);
    }
  }

  #release(): ChannelItem[] {
    const items: ChannelItem[] = [];
    for (;;) {
      const { epoch = '', seq = 0 } = this.#position ?? {};
      const id = `${epoch}.${seq + 1}`;
      const event = this.#pending.get(id);
      if (event === undefined) return items;
      this.#pending.delete(id);
      this.#position = { epoch, seq: seq + 1 };
      items.push(event);
    }
  }
}
