import { type ChannelPosition, formatPosition, isOrigin, ORIGIN, readPosition } from '../../protocol/cursor.ts';
import { Sequencer } from '../../protocol/sequencer.ts';
import { LanesError } from './errors.ts';
import type { ChannelActivity, ChannelEvent, ChannelItem, ResetReason } from './types.ts';

/** How many events of other epochs are kept. The rest is asked for again. */
const MAX_FOREIGN = 1_000;

/** @throws LanesError `invalid_cursor` */
function positionOf(id: string): ChannelPosition {
  const position = readPosition(id);
  if (position === undefined) throw new LanesError('invalid_cursor', `"${id}" is not of the form <epoch>.<seq>`, { final: true });
  return position;
}

/**
 * Whether everything up to `id` has reached a reader at `cursor`. False if they are of two epochs, which
 * cannot be compared.
 */
export function covers(cursor: string, id: string): boolean {
  return reaches(positionOf(cursor), positionOf(id));
}

function reaches(at: ChannelPosition, sought: ChannelPosition): boolean {
  return isOrigin(sought) || (at.epoch === sought.epoch && at.seq >= sought.seq);
}

/**
 * The order of one channel. Whatever arrives, events are delivered by seq, each once. None is skipped unless the
 * server has said that it does not exist, or can no longer be delivered (`reset`). Pure: its owner talks to the server.
 *
 * A sequencer orders the events of one epoch. This class adds two things: the change from one epoch to the next, and
 * gaps. Only the server can tell a gap, whose event may still arrive, from a tombstone, which stays empty. A lane
 * that orders its events itself (SSE, polling) has decided that already when it sends a later event.
 */
export class Order {
  readonly #channel: string;
  readonly #report: (activity: ChannelActivity) => void;
  /** The epoch that is read; undefined until the first baseline. */
  #sequencer: Sequencer<ChannelEvent> | undefined;
  /** Events by id that came before the baseline, or of an epoch that the server has yet to explain. */
  readonly #foreign = new Map<string, ChannelEvent>();
  /** The log has come at least so far, as was heard since the server was asked last. */
  #head = ORIGIN;
  /** What was foreign when the server was asked last. */
  #asked: readonly ChannelPosition[] = [];
  /** The gap that the server was last asked about, up to the newest event after it. */
  #gap: { readonly after: string; readonly upTo: ChannelPosition; found: number } | undefined;
  /** The epoch that a reset has ended: its late events are ignored. */
  #endedEpoch: string | undefined;

  /**
   * @param after everything up to it counts as delivered; undefined until the first baseline
   * @param report called for repeats and for gaps that closed
   */
  constructor(channel: string, after: string | undefined, report: (activity: ChannelActivity) => void = () => {}) {
    this.#channel = channel;
    this.#report = report;
    if (after !== undefined) this.#sequencer = new Sequencer(positionOf(after));
  }

  /** Everything up to here was delivered, or is known not to exist. */
  get cursor(): string | undefined {
    return this.#sequencer && formatPosition(this.#sequencer);
  }

  /** The channel was never used. Seq 1 of whichever epoch begins comes next. */
  get isAtOrigin(): boolean {
    return this.#sequencer !== undefined && isOrigin(this.#sequencer);
  }

  /** Events wait for others that have not arrived. */
  get hasGap(): boolean {
    const at = this.#sequencer;
    return this.#foreign.size > 0 || (at !== undefined && (at.hasGap || !reaches(at, this.#head)));
  }

  /** Takes an event of a lane that may lose, repeat and reorder events. */
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
    // Waiting events are dropped: such a lane sends them itself.
    this.#sequencer = new Sequencer(at);
    return before === undefined || isSameEpoch || isOrigin(before) ? [event] : [this.#reset('epoch_changed'), event];
  }

  /**
   * Call this before asking the server for what is missing. The server reads the log after everything that
   * has arrived so far, so its answer covers that. What arrives before its answer may be of an epoch that it
   * has not seen yet.
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
   * The server says that everything that exists up to `upTo` was sent: what is missing up to there does not
   * exist. If there is no position yet, `upTo` is the baseline.
   */
  settle(upTo: string): readonly ChannelItem[] {
    const target = positionOf(upTo);
    const wasUnused = this.isAtOrigin;
    // The log has one epoch at a time: events of another epoch that the server was asked about are late.
    const late = this.#asked.filter((at) => at.epoch !== target.epoch && this.#foreign.delete(formatPosition(at)));
    const begun = wasUnused ? this.#begin({ ...target, seq: 0 }) : this.#sequencer ? [] : this.#begin(target);
    if (this.#sequencer?.epoch !== target.epoch) return [];
    // An epoch began and was lost before all of it arrived.
    const isLost = wasUnused && late.some(({ epoch }) => epoch !== this.#endedEpoch);
    const settled = this.#sequencer.settle(target.seq);
    this.#closeGap();
    return [...(isLost ? [this.#reset('epoch_changed')] : []), ...begun, ...settled];
  }

  /**
   * The server cannot resume the position. The order continues from `baseline`, or from whatever is settled
   * or comes next. The reset itself is delivered too, in its place between the events. Events that have
   * already arrived and lie without a gap right before the baseline are delivered after it: a client that was
   * connected when the log was lost misses nothing of the new one.
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

  /** Reads the epoch of a position from there on, including its events that have already arrived. */
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
