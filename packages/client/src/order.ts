import { type ChannelPosition, formatPosition, isOrigin, ORIGIN, readPosition } from '../../protocol/cursor.ts';
import { Sequencer } from '../../protocol/sequencer.ts';
import { LanesError } from './errors.ts';
import type { ChannelActivity, ChannelEvent, ChannelItem, ResetReason } from './types.ts';

/** Events kept that are of no epoch which is read. What does not fit is asked for again. */
const MAX_FOREIGN = 1_000;

/** @throws LanesError `invalid_cursor` */
function positionOf(id: string): ChannelPosition {
  const position = readPosition(id);
  if (position === undefined) throw new LanesError('invalid_cursor', `"${id}" is not of the form <epoch>.<seq>`, { final: true });
  return position;
}

/** Whether everything up to `id` has come to a reader at `cursor`. False where they are of two epochs, which do not compare. */
export function covers(cursor: string, id: string): boolean {
  return reaches(positionOf(cursor), positionOf(id));
}

function reaches(at: ChannelPosition, sought: ChannelPosition): boolean {
  return isOrigin(sought) || (at.epoch === sought.epoch && at.seq >= sought.seq);
}

/**
 * One channel's order: whatever comes in, events come out by seq, each once, and none is skipped unless the server has said
 * that there is nothing, or that it cannot be had (`reset`). Pure: its owner talks to the server.
 *
 * A sequencer orders the events of one epoch. What is added here is the change from one epoch to the next, and that only the
 * server can tell a gap, which is still to come, from a tombstone, which stays empty. A lane that orders its events itself
 * (SSE, polling) has told by sending what lies behind.
 */
export class Order {
  readonly #channel: string;
  readonly #report: (activity: ChannelActivity) => void;
  /** The epoch that is read; undefined until the first baseline. */
  #sequencer: Sequencer<ChannelEvent> | undefined;
  /** Events that came before the baseline, or of an epoch that the server has yet to explain, by id. */
  readonly #foreign = new Map<string, ChannelEvent>();
  /** The log has come at least so far, as was heard since the server was asked last. */
  #head = ORIGIN;
  /** What was foreign when the server was asked last. */
  #asked: readonly ChannelPosition[] = [];
  /** The gap that the server was asked about last, up to the newest event behind it. */
  #gap: { readonly after: string; readonly upTo: ChannelPosition; found: number } | undefined;
  /** The epoch that a reset has ended: its late events begin nothing. */
  #endedEpoch: string | undefined;

  /**
   * @param after everything up to it counts as delivered; undefined until the first baseline
   * @param report told of repeats and of gaps that closed
   */
  constructor(channel: string, after: string | undefined, report: (activity: ChannelActivity) => void = () => {}) {
    this.#channel = channel;
    this.#report = report;
    if (after !== undefined) this.#sequencer = new Sequencer(positionOf(after));
  }

  /** Everything up to here has come out, or is known not to exist. */
  get cursor(): string | undefined {
    return this.#sequencer && formatPosition(this.#sequencer);
  }

  /** The channel was never used. Seq 1 of whichever epoch begins comes next. */
  get isAtOrigin(): boolean {
    return this.#sequencer !== undefined && isOrigin(this.#sequencer);
  }

  /** Events are waiting for others that have not come. */
  get hasGap(): boolean {
    const at = this.#sequencer;
    return this.#foreign.size > 0 || (at !== undefined && (at.hasGap || !reaches(at, this.#head)));
  }

  /** Takes an event of a lane that may lose, repeat and reorder. */
  offer(event: ChannelEvent): readonly ChannelItem[] {
    const { id } = event;
    const at = positionOf(id);
    const { epoch, seq } = at;
    const sequencer = this.#sequencer?.epoch === epoch ? this.#sequencer : undefined;
    const begins = this.isAtOrigin && seq === 1 && epoch !== this.#endedEpoch;
    const isRepeat = sequencer ? seq <= sequencer.seq || sequencer.pending.has(seq) : !begins && this.#foreign.has(id);
    if (isRepeat) return this.#repeat(event);
    if (this.#gap && reaches(this.#gap.upTo, at)) this.#gap.found++;
    if (sequencer) return sequencer.offer(seq, event);
    if (begins || this.#foreign.size < MAX_FOREIGN) this.#foreign.set(id, event);
    else this.#head = at;
    return begins ? this.#begin({ epoch, seq: 0 }) : [];
  }

  /** The log has come to `id`. What has not come up to there is missing, until the server is asked for it. */
  noteHead(id: string): void {
    this.#head = positionOf(id);
  }

  /** Takes an event of a lane that delivers in order and leaves out only what does not exist. */
  next(event: ChannelEvent): readonly ChannelItem[] {
    const at = positionOf(event.id);
    const before = this.#sequencer;
    const isSameEpoch = before?.epoch === at.epoch;
    if (isSameEpoch && at.seq <= before.seq) return this.#repeat(event);
    if (isSameEpoch && at.seq > before.seq + 1) this.#report({ kind: 'gapClosed', after: formatPosition(before), found: 0 });
    // What waits is dropped: such a lane sends it itself.
    this.#sequencer = new Sequencer(at);
    return before === undefined || isSameEpoch || isOrigin(before) ? [event] : [this.#reset('epoch_changed'), event];
  }

  /**
   * The server is about to be asked for what is missing. It looks at the log after all that has come so far, so it judges that;
   * what comes before its answer may be of an epoch that it did not see yet.
   */
  ask(): void {
    const sequencer = this.#sequencer;
    this.#asked = [...this.#foreign.keys()].map(positionOf);
    this.#head = ORIGIN;
    const [newest] = sequencer?.hasGap
      ? [{ epoch: sequencer.epoch, seq: sequencer.newestKnown }]
      : [...this.#asked].sort((a, b) => (reaches(a, b) ? -1 : 1));
    this.#gap = sequencer && newest && { after: formatPosition(sequencer), upTo: newest, found: 0 };
  }

  /**
   * The server says that all that exists up to `upTo` has been sent: what is missing up to there does not exist.
   * Without a position so far, `upTo` is the baseline.
   */
  settle(upTo: string): readonly ChannelItem[] {
    const target = positionOf(upTo);
    const wasUnused = this.isAtOrigin;
    // The log has one epoch at a time: what the server was asked about and is of another one is late.
    const late = this.#asked.filter((at) => at.epoch !== target.epoch && this.#foreign.delete(formatPosition(at)));
    const begun = wasUnused ? this.#begin({ ...target, seq: 0 }) : this.#sequencer ? [] : this.#begin(target);
    if (this.#sequencer?.epoch !== target.epoch) return [];
    // An epoch has begun and was lost before all of it came.
    const isLost = wasUnused && late.some(({ epoch }) => epoch !== this.#endedEpoch);
    const settled = this.#sequencer.settle(target.seq);
    this.#closeGap();
    return [...(isLost ? [this.#reset('epoch_changed')] : []), ...begun, ...settled];
  }

  /**
   * The server cannot resume the position. The order goes on from `baseline`, or from whatever is settled or comes next.
   * The reset itself comes out too, in its place between the events. What has come already and lies unbroken before the
   * baseline comes out behind it: whoever was connected when the log was lost misses nothing of the new one.
   */
  reset(reason: ResetReason, baseline: string | undefined): readonly ChannelItem[] {
    const before = this.#sequencer;
    if (!this.isAtOrigin) this.#endedEpoch = before?.epoch;
    this.#sequencer = this.#gap = undefined;
    if (baseline === undefined) return [this.#reset(reason)];
    let { epoch, seq } = positionOf(baseline);
    if (before?.epoch === epoch) for (const event of before.pending.values()) this.#foreign.set(event.id, event);
    while (this.#foreign.has(formatPosition({ epoch, seq }))) seq--;
    return [this.#reset(reason), ...this.#begin({ epoch, seq }), ...this.settle(baseline).filter(({ kind }) => kind === 'event')];
  }

  /** Reads the epoch of a position from there on, with what has come of it already. */
  #begin(start: ChannelPosition): ChannelEvent[] {
    const sequencer = new Sequencer<ChannelEvent>(start);
    this.#sequencer = sequencer;
    const items: ChannelEvent[] = [];
    for (const [id, event] of this.#foreign) {
      const { epoch, seq } = positionOf(id);
      if (epoch === start.epoch && this.#foreign.delete(id)) items.push(...sequencer.offer(seq, event));
    }
    return items;
  }

  #reset(reason: ResetReason): ChannelItem {
    return { kind: 'reset', channel: this.#channel, reason };
  }

  #repeat({ id }: ChannelEvent): readonly ChannelItem[] {
    this.#report({ kind: 'repeat', id });
    return [];
  }

  #closeGap(): void {
    const [gap, sequencer] = [this.#gap, this.#sequencer];
    if (!gap || !sequencer || !reaches(sequencer, gap.upTo)) return;
    this.#gap = undefined;
    this.#report({ kind: 'gapClosed', after: gap.after, found: gap.found });
  }
}
