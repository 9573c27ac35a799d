import { type ChannelPosition, isOrigin, ORIGIN, withinEpoch } from '../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../packages/protocol/index.ts';
import type { LogEntry } from './log-entry.ts';

/** `from` is the cursor as a position of the channel's current epoch: the replay begins there. */
export type Resumption =
  | { readonly kind: 'resumable'; readonly from: ChannelPosition }
  | { readonly kind: 'reset'; readonly reason: ResetReason };

export interface ExpiryLimits {
  readonly retentionMs: number;
  readonly graceMs: number;
}

/** The part of an entry that decides what is settled. */
export type Age = Pick<LogEntry, 'kind' | 'seq' | 'atMs'>;

/**
 * Until when an entry or epoch of this age proves that nothing assigned after it has expired.
 *
 * An entry that was assigned later may carry an earlier time, and therefore expire earlier, but by less than
 * the grace period: a publisher is faster than that or gives up. The second grace period is the time in which
 * a caller may read what was proven.
 */
export function provenUntilMs(atMs: number, { retentionMs, graceMs }: ExpiryLimits): number {
  return atMs + retentionMs - 2 * graceMs;
}

/**
 * Whether everything after `cursor` can still be replayed.
 *
 * A missing seq is either a gap (never written) or expired, and the log cannot tell which. Seqs are written
 * roughly in order, and a tombstone never carries a later time than its neighbors. An entry at `cursor` or
 * right after it that is not about to expire therefore proves that nothing after it has expired. So does an
 * epoch that is younger than the retention. Without a proof the client gets a reset: an application can
 * recover from a needless reset, but nobody can recover from a silent loss.
 *
 * {@link ORIGIN} counts as the start of the channel's current epoch. A channel that was used and has no head
 * was wiped.
 *
 * @param head undefined if the channel has none
 * @param around the unexpired entries at `cursor.seq` and `cursor.seq + 1` that exist
 */
export function checkResume(
  cursor: ChannelPosition,
  head: (ChannelPosition & { readonly createdAtMs: number }) | undefined,
  around: readonly LogEntry[],
  limits: ExpiryLimits & { readonly nowMs: number },
): Resumption {
  if (head === undefined) return isOrigin(cursor) ? { kind: 'resumable', from: ORIGIN } : { kind: 'reset', reason: 'epoch_changed' };

  const from = withinEpoch(cursor, head.epoch);
  if (from.epoch !== head.epoch) return { kind: 'reset', reason: 'epoch_changed' };
  if (from.seq > head.seq) return { kind: 'reset', reason: 'ahead' };

  const isProof = (entry: LogEntry) =>
    (entry.seq === from.seq || entry.seq === from.seq + 1) && limits.nowMs < provenUntilMs(entry.atMs, limits);
  const proven = from.seq === head.seq || limits.nowMs < provenUntilMs(head.createdAtMs, limits) || around.some(isProof);
  return proven ? { kind: 'resumable', from } : { kind: 'reset', reason: 'expired' };
}

/**
 * The seq up to which everything is settled: written, or a gap that no publisher can still fill, because
 * publishers give up long before `graceMs` has passed. A new subscriber starts here and not at the head: a
 * seq that is assigned but not written yet will be acknowledged after the subscriber joined, so it must be
 * delivered.
 *
 * @param headSeq the newest assigned seq
 * @param newestFirst entries from the head downwards, without gaps between pages
 * @param exhausted true if nothing exists below the last of them and nothing has expired
 * @returns undefined until the entries include an event older than the grace period, or reach the start of
 * the log
 */
export function settledFloor(
  headSeq: number,
  newestFirst: readonly Age[],
  exhausted: boolean,
  limits: { readonly nowMs: number; readonly graceMs: number },
): number | undefined {
  let expected = headSeq;
  let floor = headSeq;
  for (const entry of newestFirst) {
    if (entry.seq > headSeq) continue;
    if (entry.seq < expected) floor = entry.seq;
    expected = entry.seq - 1;
    // A tombstone does not count: its time may be before its seq was assigned, so the seqs below it may be
    // young.
    if (entry.kind === 'event' && entry.atMs < limits.nowMs - limits.graceMs) return floor;
  }
  if (expected === 0) return floor;
  return exhausted ? 0 : undefined;
}
