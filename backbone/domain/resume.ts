import { type ChannelPosition, isOrigin, ORIGIN, withinEpoch } from '../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../packages/protocol/index.ts';
import type { LogEntry } from './log-entry.ts';

/** `from` is the cursor as a position of the channel's current epoch: where a replay begins. */
export type Resumption =
  | { readonly kind: 'resumable'; readonly from: ChannelPosition }
  | { readonly kind: 'reset'; readonly reason: ResetReason };

export interface ExpiryLimits {
  readonly retentionMs: number;
  readonly graceMs: number;
}

/** Of an entry, all that says what is settled. */
export type Age = Pick<LogEntry, 'kind' | 'seq' | 'atMs'>;

/**
 * Until when something of this age proves that nothing assigned after it has expired.
 *
 * An entry that was assigned later may carry an earlier time, and expire earlier, by less than the grace period: a
 * publisher is that quick, or gives up. A second grace period is what a caller has for reading what it has proven.
 */
export function provenUntilMs(atMs: number, { retentionMs, graceMs }: ExpiryLimits): number {
  return atMs + retentionMs - 2 * graceMs;
}

/**
 * Whether everything after `cursor` can still be replayed.
 *
 * A missing seq is either a gap (never written) or expired, and the log cannot tell which. Seqs are written about
 * in order, and tombstones carry no later time than their neighbours, so an entry at `cursor` itself, or right behind it, that
 * is not about to expire proves that nothing after it has expired; so does an epoch younger than the retention. Without a
 * proof the client is told: a needless reset is mended by the application, a silent loss by nobody.
 *
 * {@link ORIGIN} counts as the start of whichever epoch the channel has. A channel that was in use and has no head was wiped.
 *
 * @param head undefined while the channel has none
 * @param around the unexpired entries at `cursor.seq` and `cursor.seq + 1`, as far as they exist
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
 * The seq up to which everything is settled: written, or a gap that no publisher can still fill, because a publisher
 * gives up long before `graceMs` has passed. A new subscriber starts there, not at the head: a seq that is assigned
 * but not written yet will be acknowledged after the subscriber came, so it must be delivered.
 *
 * @param headSeq the newest assigned seq
 * @param newestFirst entries from the head downwards, without gaps between pages
 * @param exhausted that there is nothing below the last of them, and nothing has expired
 * @returns undefined while neither an event older than the grace period nor the start of the log was seen
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
    // Not a tombstone: it may carry a time before its seq was assigned, and then seqs below it may be young.
    if (entry.kind === 'event' && entry.atMs < limits.nowMs - limits.graceMs) return floor;
  }
  if (expected === 0) return floor;
  return exhausted ? 0 : undefined;
}
