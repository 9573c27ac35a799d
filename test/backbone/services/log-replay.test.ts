import { beforeEach, describe, expect, test } from '@jest/globals';
import { ReplayExpiredError, type ReplayPage } from '../../../backbone/services/log-reader.ts';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';
import { GRACE_MS, LogReaderWorld, RETENTION_MS, range, seqs } from '../support/log-reader-world.ts';

let world: LogReaderWorld;

beforeEach(() => {
  world = new LogReaderWorld();
});

describe('replay', () => {
  test('gives everything after the cursor, in order, over pages', async () => {
    await world.allocate(250);
    await world.write(...range(1, 250));
    const pages = await world.replayed(40);
    expect(seqs(pages.flatMap(({ entries }) => entries))).toEqual(range(41, 250));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.map(({ more }) => more)).toEqual([...pages.slice(1).map(() => true), false]);
    expect(pages.at(-1)?.settled).toBe(250);
  });

  test('of a channel that was never used is nothing', async () => {
    const pages: ReplayPage[] = [];
    for await (const page of world.reader.replay('a', ORIGIN)) pages.push(page);
    expect(pages).toEqual([]);
  });

  test('of nothing is one empty page', async () => {
    await world.allocate(1);
    await world.write(1);
    expect(await world.replayed(1)).toEqual([{ entries: [], settled: 1, more: false }]);
  });

  test('tombstones gaps past the grace period on its way', async () => {
    const epoch = await world.allocate(4);
    await world.write(1, 4);
    await world.clock.advance(GRACE_MS + 1);
    const [page] = await world.replayed(0);
    expect(page?.entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'event'],
      [2, 'tombstone'],
      [3, 'tombstone'],
      [4, 'event'],
    ]);
    expect(page?.settled).toBe(4);
    expect((await world.log.read('a', epoch, 2, 1)).entries).toMatchObject([{ kind: 'tombstone' }]);
  });

  test('stops being settled at a young gap, but gives what lies behind it', async () => {
    const epoch = await world.allocate(5);
    await world.write(1, 3, 4, 5);
    const [page] = await world.replayed(0);
    expect(seqs(page?.entries ?? [])).toEqual([1, 3, 4, 5]);
    expect(page?.settled).toBe(1);
    expect(
      await world.log.append({ channel: 'a', epoch, seq: 2, type: 'message', data: 'x', publishedAtMs: world.clock.nowMs() }, 'p2'),
    ).toMatchObject({
      kind: 'stored',
    });
  });

  test('stays unsettled behind a young gap, though a later one is past the grace period', async () => {
    await world.allocate(5);
    await world.write(1, 5);
    await world.clock.advance(GRACE_MS + 1);
    await world.write(3);
    const [page] = await world.replayed(0);
    expect(page?.entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, 'event'],
      [3, 'event'],
      [4, 'tombstone'],
      [5, 'event'],
    ]);
    expect(page?.settled).toBe(1);
  });

  test('ends by name when what comes next has expired while its consumer was slow', async () => {
    const epoch = await world.allocate(150);
    await world.write(...range(1, 150));
    const pages = world.reader.replay('a', { epoch, seq: 0 });
    expect((await pages.next()).done).toBe(false);
    await world.clock.advance(RETENTION_MS);
    await expect(pages.next()).rejects.toThrow(ReplayExpiredError);
  });

  test('goes on after a long while when the log still proves that nothing has expired', async () => {
    const epoch = await world.allocate(150);
    await world.write(...range(1, 150));
    const pages = world.reader.replay('a', { epoch, seq: 0 });
    await pages.next();
    await world.clock.advance(RETENTION_MS / 2);
    expect((await pages.next()).value?.settled).toBe(150);
  });

  test('does not believe a check that is too long ago', async () => {
    const epoch = await world.allocate(2);
    await world.write(1, 2);
    const checkedAtMs = world.clock.nowMs();
    await world.clock.advance(RETENTION_MS);
    await world.allocate();
    await world.write(3);
    await expect(world.reader.replay('a', { epoch, seq: 0 }, undefined, checkedAtMs).next()).rejects.toThrow(ReplayExpiredError);
  });

  test('ends at the seq that was asked for', async () => {
    await world.allocate(6);
    await world.write(...range(1, 6));
    expect(seqs((await world.replayed(1, 4)).flatMap(({ entries }) => entries))).toEqual([2, 3, 4]);
    expect(await world.replayed(4, 4)).toEqual([]);
  });

  test('ends when the seq that was asked for is a gap with more behind it', async () => {
    await world.allocate(8);
    await world.write(1, 2, 3, 4, 6, 7, 8);
    const pages = await world.replayed(3, 5);
    expect(seqs(pages.flatMap(({ entries }) => entries))).toEqual([4]);
    expect(pages.at(-1)?.more).toBe(false);
  });
});
