import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { LogReader, ReplayExpiredError, type ReplayPage } from '../../../backbone/services/log-reader.ts';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';
import { headOf } from '../../support/head-of.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const RETENTION_MS = 600_000;
const GRACE_MS = 5_000;
const PUBLISH_TIMEOUT_MS = 2_000;

let clock: ManualClock;
let log: MemoryEventLog;
let reader: LogReader;

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryEventLog({ clock, retentionMs: RETENTION_MS });
  reader = new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS });
});

async function allocate(count = 1): Promise<string> {
  let epoch = '';
  for (let i = 0; i < count; i++) epoch = (await log.allocate('a')).epoch;
  return epoch;
}

async function write(...seqs: readonly number[]): Promise<void> {
  const { epoch } = await headOf(log, 'a');
  for (const seq of seqs) {
    const outcome = await log.append(
      { channel: 'a', epoch, seq, type: 'message', data: `e${seq}`, publishedAtMs: clock.nowMs() },
      `p${seq}`,
    );
    expect(outcome.kind).toBe('stored');
  }
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function seqs(entries: readonly LogEntry[]): readonly number[] {
  return entries.map(({ seq }) => seq);
}

async function replayed(afterSeq: number, upTo?: number): Promise<readonly ReplayPage[]> {
  const { epoch } = await headOf(log, 'a');
  const pages: ReplayPage[] = [];
  for await (const page of reader.replay('a', { epoch, seq: afterSeq }, upTo)) pages.push(page);
  return pages;
}

describe('the baseline', () => {
  test('of a channel that was never used lies before every epoch, and makes none', async () => {
    expect(await reader.baseline('a')).toEqual(ORIGIN);
    expect(await log.head('a')).toBeUndefined();
  });

  test('of a channel without open publications is its head', async () => {
    const epoch = await allocate(3);
    await write(1, 2, 3);
    expect(await reader.baseline('a')).toEqual({ epoch, seq: 3 });
  });

  test('lies below every seq that a publisher may still fill', async () => {
    await allocate(4);
    await write(1, 2, 4);
    expect((await reader.baseline('a')).seq).toBe(2);
  });

  test('counts a gap as settled once it is past the grace period', async () => {
    await allocate(2);
    await write(1);
    await clock.advance(GRACE_MS + 1);
    expect((await reader.baseline('a')).seq).toBe(2);
    await allocate();
    expect((await reader.baseline('a')).seq).toBe(1);
    await write(3);
    expect((await reader.baseline('a')).seq).toBe(1);
  });

  test('is found over more than a page of young entries', async () => {
    await allocate(250);
    await write(...range(1, 20), ...range(22, 250));
    expect((await reader.baseline('a')).seq).toBe(20);
  });

  test('waits for the newest publication where all older entries have expired', async () => {
    await allocate(2);
    await write(1, 2);
    await clock.advance(RETENTION_MS);
    await allocate();
    const baseline = reader.baseline('a');
    let settled = false;
    void baseline.then(() => {
      settled = true;
    });
    await clock.advance(GRACE_MS / 2);
    expect(settled).toBe(false);
    await clock.advance(GRACE_MS);
    expect((await baseline).seq).toBe(3);
  });

  test('lies below everything that is written after a subscriber came', async () => {
    const step = fc.oneof(
      fc.constant({ do: 'allocate' as const }),
      fc.record({ do: fc.constant('write' as const), pick: fc.nat() }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 500, PUBLISH_TIMEOUT_MS, GRACE_MS, GRACE_MS + 1) }),
      fc.constant({ do: 'subscribe' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        clock = new ManualClock();
        log = new MemoryEventLog({ clock, retentionMs: RETENTION_MS });
        reader = new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS });
        const open: { readonly seq: number; readonly sinceMs: number }[] = [];
        let highest = 0;
        for (const next of steps) {
          if (next.do === 'allocate') open.push({ seq: (await log.allocate('a')).seq, sinceMs: clock.nowMs() });
          if (next.do === 'advance') await clock.advance(next.ms);
          if (next.do === 'subscribe') highest = Math.max(highest, (await reader.baseline('a')).seq);
          if (next.do === 'write' && open.length > 0) {
            const [seat] = open.splice(next.pick % open.length, 1);
            // What a publisher does: it writes in time, or not at all.
            if (seat === undefined || clock.nowMs() - seat.sinceMs > PUBLISH_TIMEOUT_MS) continue;
            await write(seat.seq);
            expect(seat.seq).toBeGreaterThan(highest);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('checkResume', () => {
  test('finds a cursor of a wiped log', async () => {
    const epoch = await allocate(2);
    log.wipe();
    expect(await reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'epoch_changed' });
  });

  test('finds a cursor beyond the head, the farthest that can be written too', async () => {
    const epoch = await allocate(2);
    await write(1, 2);
    for (const seq of [3, Number.MAX_SAFE_INTEGER]) {
      expect(await reader.checkResume('a', { epoch, seq })).toEqual({ kind: 'reset', reason: 'ahead' });
    }
  });

  test('resumes while what follows the cursor is there', async () => {
    const epoch = await allocate(3);
    await write(1, 2, 3);
    for (const seq of [0, 1, 2, 3]) {
      expect(await reader.checkResume('a', { epoch, seq })).toEqual({ kind: 'resumable', from: { epoch, seq } });
    }
  });

  test('tells a cursor whose next events have expired', async () => {
    const epoch = await allocate(2);
    await write(1, 2);
    await clock.advance(RETENTION_MS / 2);
    await allocate();
    await write(3);
    await clock.advance(RETENTION_MS / 2);
    expect(await reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'expired' });
    expect(await reader.checkResume('a', { epoch, seq: 2 })).toMatchObject({ kind: 'resumable' });
  });

  test('a cursor at the head of a channel that has long been quiet misses nothing', async () => {
    const epoch = await allocate(2);
    await write(1, 2);
    await clock.advance(2 * RETENTION_MS);
    expect(await reader.checkResume('a', { epoch, seq: 2 })).toMatchObject({ kind: 'resumable' });
  });

  test('goes on from before the first epoch at the start of the one that there is, as long as nothing of it has expired', async () => {
    expect(await reader.checkResume('a', ORIGIN)).toEqual({ kind: 'resumable', from: ORIGIN });
    const epoch = await allocate(2);
    await write(1, 2);
    expect(await reader.checkResume('a', ORIGIN)).toEqual({ kind: 'resumable', from: { epoch, seq: 0 } });
    await clock.advance(RETENTION_MS);
    expect(await reader.checkResume('a', ORIGIN)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('tells whoever comes to a wiped log that its epoch is over, and makes no other', async () => {
    const epoch = await allocate(1);
    log.wipe();
    expect(await reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'epoch_changed' });
    expect(await log.head('a')).toBeUndefined();
  });
});

describe('replay', () => {
  test('gives everything after the cursor, in order, over pages', async () => {
    await allocate(250);
    await write(...range(1, 250));
    const pages = await replayed(40);
    expect(seqs(pages.flatMap(({ entries }) => entries))).toEqual(range(41, 250));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.map(({ more }) => more)).toEqual([...pages.slice(1).map(() => true), false]);
    expect(pages.at(-1)?.settled).toBe(250);
  });

  test('of a channel that was never used is nothing', async () => {
    const pages: ReplayPage[] = [];
    for await (const page of reader.replay('a', ORIGIN)) pages.push(page);
    expect(pages).toEqual([]);
  });

  test('of nothing is one empty page', async () => {
    await allocate(1);
    await write(1);
    expect(await replayed(1)).toEqual([{ entries: [], settled: 1, more: false }]);
  });

  test('tombstones gaps past the grace period on its way', async () => {
    const epoch = await allocate(4);
    await write(1, 4);
    await clock.advance(GRACE_MS + 1);
    const [page] = await replayed(0);
    expect(page?.entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'event'],
      [2, 'tombstone'],
      [3, 'tombstone'],
      [4, 'event'],
    ]);
    expect(page?.settled).toBe(4);
    expect((await log.read('a', epoch, 2, 1)).entries).toMatchObject([{ kind: 'tombstone' }]);
  });

  test('stops being settled at a young gap, but gives what lies behind it', async () => {
    const epoch = await allocate(5);
    await write(1, 3, 4, 5);
    const [page] = await replayed(0);
    expect(seqs(page?.entries ?? [])).toEqual([1, 3, 4, 5]);
    expect(page?.settled).toBe(1);
    expect(await log.append({ channel: 'a', epoch, seq: 2, type: 'message', data: 'x', publishedAtMs: clock.nowMs() }, 'p2')).toMatchObject(
      {
        kind: 'stored',
      },
    );
  });

  test('stays unsettled behind a young gap, though a later one is past the grace period', async () => {
    await allocate(5);
    await write(1, 5);
    await clock.advance(GRACE_MS + 1);
    await write(3);
    const [page] = await replayed(0);
    expect(page?.entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'event'],
      [3, 'event'],
      [4, 'tombstone'],
      [5, 'event'],
    ]);
    expect(page?.settled).toBe(1);
  });

  test('ends by name when what comes next has expired while its consumer was slow', async () => {
    const epoch = await allocate(150);
    await write(...range(1, 150));
    const pages = reader.replay('a', { epoch, seq: 0 });
    expect((await pages.next()).done).toBe(false);
    await clock.advance(RETENTION_MS);
    await expect(pages.next()).rejects.toThrow(ReplayExpiredError);
  });

  test('goes on after a long while when the log still proves that nothing has expired', async () => {
    const epoch = await allocate(150);
    await write(...range(1, 150));
    const pages = reader.replay('a', { epoch, seq: 0 });
    await pages.next();
    await clock.advance(RETENTION_MS / 2);
    expect((await pages.next()).value?.settled).toBe(150);
  });

  test('does not believe a check that is too long ago', async () => {
    const epoch = await allocate(2);
    await write(1, 2);
    const checkedAtMs = clock.nowMs();
    await clock.advance(RETENTION_MS);
    await allocate();
    await write(3);
    await expect(reader.replay('a', { epoch, seq: 0 }, undefined, checkedAtMs).next()).rejects.toThrow(ReplayExpiredError);
  });

  test('ends at the seq that was asked for', async () => {
    await allocate(6);
    await write(...range(1, 6));
    expect(seqs((await replayed(1, 4)).flatMap(({ entries }) => entries))).toEqual([2, 3, 4]);
    expect(await replayed(4, 4)).toEqual([]);
  });

  test('ends when the seq that was asked for is a gap with more behind it', async () => {
    await allocate(8);
    await write(1, 2, 3, 4, 6, 7, 8);
    const pages = await replayed(3, 5);
    expect(seqs(pages.flatMap(({ entries }) => entries))).toEqual([4]);
    expect(pages.at(-1)?.more).toBe(false);
  });
});

describe('readRange', () => {
  test('gives what exists of a range, over pages', async () => {
    const epoch = await allocate(300);
    await write(...range(1, 120), ...range(130, 300));
    expect(seqs(await reader.readRange('a', epoch, { from: 10, to: 250 }))).toEqual([...range(10, 120), ...range(130, 250)]);
  });

  test('ends when the end of the range is a gap with more behind it', async () => {
    const epoch = await allocate(9);
    await write(1, 2, 3, 6, 7, 8, 9);
    expect(seqs(await reader.readRange('a', epoch, { from: 1, to: 5 }))).toEqual([1, 2, 3]);
    expect(seqs(await reader.readRange('a', epoch, { from: 4, to: 5 }))).toEqual([]);
  });
});

describe('tombstone', () => {
  test('closes a range and answers what is there, in order', async () => {
    const epoch = await allocate(4);
    await write(2);
    const entries = await reader.tombstone('a', epoch, { from: 1, to: 3 }, clock.nowMs());
    expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'tombstone'],
      [2, 'event'],
      [3, 'tombstone'],
    ]);
  });
});
