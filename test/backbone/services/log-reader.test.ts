import { beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';
import { GRACE_MS, LogReaderWorld, RETENTION_MS, range, seqs } from '../support/log-reader-world.ts';

const PUBLISH_TIMEOUT_MS = 2_000;

let world: LogReaderWorld;

beforeEach(() => {
  world = new LogReaderWorld();
});

describe('the baseline', () => {
  test('of a channel that was never used lies before every epoch, and makes none', async () => {
    expect(await world.reader.baseline('a')).toEqual(ORIGIN);
    expect(await world.log.head('a')).toBeUndefined();
  });

  test('of a channel without open publications is its head', async () => {
    const epoch = await world.allocate(3);
    await world.write(1, 2, 3);
    expect(await world.reader.baseline('a')).toEqual({ epoch, seq: 3 });
  });

  test('lies below every seq that a publisher may still fill', async () => {
    await world.allocate(4);
    await world.write(1, 2, 4);
    expect((await world.reader.baseline('a')).seq).toBe(2);
  });

  test('counts a gap as settled once it is past the grace period', async () => {
    await world.allocate(2);
    await world.write(1);
    await world.clock.advance(GRACE_MS + 1);
    expect((await world.reader.baseline('a')).seq).toBe(2);
    await world.allocate();
    expect((await world.reader.baseline('a')).seq).toBe(1);
    await world.write(3);
    expect((await world.reader.baseline('a')).seq).toBe(1);
  });

  test('is found over more than a page of young entries', async () => {
    await world.allocate(250);
    await world.write(...range(1, 20), ...range(22, 250));
    expect((await world.reader.baseline('a')).seq).toBe(20);
  });

  test('waits for the newest publication where all older entries have expired', async () => {
    await world.allocate(2);
    await world.write(1, 2);
    await world.clock.advance(RETENTION_MS);
    await world.allocate();
    const baseline = world.reader.baseline('a');
    let settled = false;
    void baseline.then(() => {
      settled = true;
    });
    await world.clock.advance(GRACE_MS / 2);
    expect(settled).toBe(false);
    await world.clock.advance(GRACE_MS);
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
        world = new LogReaderWorld();
        const open: { readonly seq: number; readonly sinceMs: number }[] = [];
        let highest = 0;
        for (const next of steps) {
          if (next.do === 'allocate') open.push({ seq: (await world.log.allocate('a')).seq, sinceMs: world.clock.nowMs() });
          if (next.do === 'advance') await world.clock.advance(next.ms);
          if (next.do === 'subscribe') highest = Math.max(highest, (await world.reader.baseline('a')).seq);
          if (next.do === 'write' && open.length > 0) {
            const [seat] = open.splice(next.pick % open.length, 1);
            // What a publisher does: it writes in time, or not at all.
            if (seat === undefined || world.clock.nowMs() - seat.sinceMs > PUBLISH_TIMEOUT_MS) continue;
            await world.write(seat.seq);
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
    const epoch = await world.allocate(2);
    world.log.wipe();
    expect(await world.reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'epoch_changed' });
  });

  test('finds a cursor beyond the head, the farthest that can be written too', async () => {
    const epoch = await world.allocate(2);
    await world.write(1, 2);
    for (const seq of [3, Number.MAX_SAFE_INTEGER]) {
      expect(await world.reader.checkResume('a', { epoch, seq })).toEqual({ kind: 'reset', reason: 'ahead' });
    }
  });

  test('resumes while what follows the cursor is there', async () => {
    const epoch = await world.allocate(3);
    await world.write(1, 2, 3);
    for (const seq of [0, 1, 2, 3]) {
      expect(await world.reader.checkResume('a', { epoch, seq })).toEqual({ kind: 'resumable', from: { epoch, seq } });
    }
  });

  test('tells a cursor whose next events have expired', async () => {
    const epoch = await world.allocate(2);
    await world.write(1, 2);
    await world.clock.advance(RETENTION_MS / 2);
    await world.allocate();
    await world.write(3);
    await world.clock.advance(RETENTION_MS / 2);
    expect(await world.reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'expired' });
    expect(await world.reader.checkResume('a', { epoch, seq: 2 })).toMatchObject({ kind: 'resumable' });
  });

  test('a cursor at the head of a channel that has long been quiet misses nothing', async () => {
    const epoch = await world.allocate(2);
    await world.write(1, 2);
    await world.clock.advance(2 * RETENTION_MS);
    expect(await world.reader.checkResume('a', { epoch, seq: 2 })).toMatchObject({ kind: 'resumable' });
  });

  test('goes on from before the first epoch at the start of the one that there is, as long as nothing of it has expired', async () => {
    expect(await world.reader.checkResume('a', ORIGIN)).toEqual({ kind: 'resumable', from: ORIGIN });
    const epoch = await world.allocate(2);
    await world.write(1, 2);
    expect(await world.reader.checkResume('a', ORIGIN)).toEqual({ kind: 'resumable', from: { epoch, seq: 0 } });
    await world.clock.advance(RETENTION_MS);
    expect(await world.reader.checkResume('a', ORIGIN)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('tells whoever comes to a wiped log that its epoch is over, and makes no other', async () => {
    const epoch = await world.allocate(1);
    world.log.wipe();
    expect(await world.reader.checkResume('a', { epoch, seq: 1 })).toEqual({ kind: 'reset', reason: 'epoch_changed' });
    expect(await world.log.head('a')).toBeUndefined();
  });
});

describe('readRange', () => {
  test('gives what exists of a range, over pages', async () => {
    const epoch = await world.allocate(300);
    await world.write(...range(1, 120), ...range(130, 300));
    expect(seqs(await world.reader.readRange('a', epoch, { from: 10, to: 250 }))).toEqual([...range(10, 120), ...range(130, 250)]);
  });

  test('ends when the end of the range is a gap with more behind it', async () => {
    const epoch = await world.allocate(9);
    await world.write(1, 2, 3, 6, 7, 8, 9);
    expect(seqs(await world.reader.readRange('a', epoch, { from: 1, to: 5 }))).toEqual([1, 2, 3]);
    expect(seqs(await world.reader.readRange('a', epoch, { from: 4, to: 5 }))).toEqual([]);
  });
});

describe('tombstone', () => {
  test('closes a range and answers what is there, in order', async () => {
    const epoch = await world.allocate(4);
    await world.write(2);
    const entries = await world.reader.tombstone('a', epoch, { from: 1, to: 3 }, world.clock.nowMs());
    expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'tombstone'],
      [2, 'event'],
      [3, 'tombstone'],
    ]);
  });
});
