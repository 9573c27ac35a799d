import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { type ChannelPosition, formatPosition, isOrigin } from '../../../packages/protocol/cursor.ts';
import type { History, Segment } from './history.ts';
import type { Scenario } from './scenario.ts';
import type { Truth, Written } from './truth.ts';

export interface Evidence {
  readonly scenario: Scenario;
  readonly truth: Truth;
  readonly retentionMs: number;
  /** Nothing counts as expired before. */
  readonly expiresFromMs: number;
  readonly histories: readonly History[];
  /**
   * Consumers that nobody tells of an event but its publisher: what was not acknowledged, and what they came too late for, they get
   * only with what comes behind it.
   */
  readonly notifiedOnly: ReadonlySet<History>;
  /** The epoch in which each channel ended. */
  readonly epochs: ReadonlyMap<string, string>;
}

export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError';
}

/** Holds what was heard against what has happened, when all is quiet. @throws BrokenPromiseError */
export function checkPromises(evidence: Evidence): void {
  checkAcknowledgements(evidence);
  for (const history of evidence.histories) {
    for (const segment of history.segments) checkSegment(history, segment, evidence);
    checkResets(history, evidence);
    checkEnd(history, evidence);
  }
}

function broken(promise: string, message: string): BrokenPromiseError {
  return new BrokenPromiseError(`${promise}: ${message}`);
}

/** An acknowledged event is in the log as it was acknowledged; a publication is in it once, and always answered with the same id. */
function checkAcknowledgements({ truth, epochs }: Evidence): void {
  for (const { event, publication } of truth.acknowledged) {
    if (epochs.get(event.channel) !== event.epoch) continue;
    const written = truth.find(event.channel, event);
    if (written?.event.data !== event.data)
      throw broken('P1', `${event.data} was acknowledged as ${formatPosition(event)}, but is not there`);
    const inTruth = truth.eventsOf(event.channel, event.epoch).filter(({ event: { data } }) => data.startsWith(`${publication}#`));
    if (inTruth.length !== 1) throw broken('key', `${publication} is in the log ${inTruth.length} times`);
    if (inTruth[0]?.event.seq !== event.seq) throw broken('key', `${publication} was acknowledged as ${formatPosition(event)}`);
  }
}

/** P2, and P3 between two resets: in order, each once, nothing left out, and as it was published. */
function checkSegment(history: History, segment: Segment, { truth, epochs, scenario, retentionMs }: Evidence): void {
  const { start, heard, since, from } = segment;
  const { consumer, channel } = history;
  const epoch = epochOf(segment, epochs.get(channel));
  let last = start;
  for (const event of heard) {
    const id = formatPosition(event);
    if (event.epoch !== epoch) throw broken('P3', `${consumer} got ${id} of ${channel} behind ${formatPosition(last)} without a reset`);
    if (event.seq <= last.seq) throw broken('P2', `${consumer} got ${id} of ${channel} behind ${formatPosition(last)}`);
    last = event;
  }
  // What happens to an epoch after it was wiped, nobody promises; that it is over is told by a reset.
  if (epochs.get(channel) !== epoch) return;
  const made = heard.find((event) => truth.find(channel, event)?.event.data !== event.data);
  if (made !== undefined) throw broken('P2', `${consumer} got ${describe(made)}, which is not in the log`);
  const events = truth.eventsOf(channel, epoch);
  const seqs = new Set(heard.map(({ seq }) => seq));
  const skipped = events.find(({ event }) => isOwed(event, segment, retentionMs) && event.seq < last.seq && !seqs.has(event.seq));
  if (skipped !== undefined) throw broken('P3', `${consumer} was not given ${describe(skipped.event)}, but ${formatPosition(last)}`);
  if (from === 'cursor' || scenario.stalls) return;
  const under = events.find(({ event: { seq }, at }) => seq <= start.seq && at.step > since.step);
  if (under !== undefined) {
    throw broken(
      'baseline',
      `${consumer} starts at ${formatPosition(start)} since step ${since.step}, and ${describe(under.event)} came later`,
    );
  }
}

/** A reset has a reason that has really occurred. */
function checkResets({ consumer, channel, segments }: History, { truth, expiresFromMs }: Evidence): void {
  const [first] = segments;
  const occurred = new Set<Segment['from']>(['cursor', 'baseline']);
  if (first?.from === 'cursor' && !isOrigin(first.start)) occurred.add('ahead').add('epoch_changed');
  if (truth.wiped) occurred.add('epoch_changed').add('ahead');
  const needless = segments.find(({ from, since }) => !occurred.has(from) && !(from === 'expired' && since.ms >= expiresFromMs));
  if (needless !== undefined) throw broken('P3', `${consumer} was reset on ${channel} for no reason: ${needless.from}`);
}

/** P1: whoever is there at the end has got everything behind its start, or behind its last reset. */
function checkEnd(history: History, { truth, epochs, notifiedOnly, retentionMs }: Evidence): void {
  const { consumer, channel, segments } = history;
  const epoch = epochs.get(channel);
  const last = segments.at(-1);
  if (last === undefined) throw broken('P1', `${consumer} was never told where it starts in ${channel}`);
  if (epoch === undefined) return;
  const inTime = ({ event, at }: Written) => truth.isAcknowledged(event) && (last.from !== 'baseline' || at.step > last.since.step);
  const promised = truth.eventsOf(channel, epoch).filter((written) => !notifiedOnly.has(history) || inTime(written));
  if (epochOf(last, epoch) !== epoch) {
    if (promised.length === 0 && notifiedOnly.has(history)) return;
    throw broken('P3', `${consumer} was never told that ${channel} has begun anew with epoch ${epoch}`);
  }
  const seqs = new Set(last.heard.map(({ seq }) => seq));
  const lost = promised.find(({ event }) => isOwed(event, last, retentionMs) && !seqs.has(event.seq));
  if (lost !== undefined) throw broken('P1', `${consumer} never got ${describe(lost.event)}`);
}

/** What begins before all epochs goes on into whichever comes first. */
function epochOf({ start, heard }: Segment, current = start.epoch): string {
  return isOrigin(start) ? (heard[0]?.epoch ?? current) : start.epoch;
}

/** Whether it lies behind the start; what had expired by then, only for a consumer that has said itself where to start. */
function isOwed({ seq, publishedAtMs }: ChannelEvent, { start, since, from }: Segment, retentionMs: number): boolean {
  return seq > start.seq && (from === 'cursor' || publishedAtMs + retentionMs > since.ms);
}

function describe(event: ChannelPosition & { readonly data: string }): string {
  return `${event.data} (${formatPosition(event)})`;
}
