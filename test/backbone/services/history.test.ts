import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { positionBeforeLast, readHistory } from '../../../backbone/services/history.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import { headOf } from '../../support/head-of.ts';
import { GRACE_MS, LogReaderWorld, RETENTION_MS, range } from '../support/log-reader-world.ts';

let world: LogReaderWorld;

beforeEach(() => {
  world = new LogReaderWorld();
});

/** Each event counts as one byte. */
const roomFor = (maxBytes: number) => ({ maxBytes, bytesOf: () => 1 });

async function page(before: ChannelPosition | undefined, last: number, maxBytes = 1_000) {
  const { events, more } = await readHistory({ channel: 'a', before, last }, roomFor(maxBytes), world.reader);
  return { seqs: events.map(({ seq }) => seq), more };
}

async function at(seq: number): Promise<ChannelPosition> {
  return { epoch: (await headOf(world.log, 'a')).epoch, seq };
}

/** All pages, the newest first. */
async function pages(last: number, maxBytes?: number) {
  const found: (readonly number[])[] = [];
  let before: ChannelPosition | undefined;
  for (let more = true; more; ) {
    const next = await page(before, last, maxBytes);
    ({ more } = next);
    found.push(next.seqs);
    if (more) before = await at(next.seqs[0] ?? 0);
  }
  return found;
}

async function settle(): Promise<void> {
  await world.clock.advance(GRACE_MS + 1);
}

describe('a page of the history', () => {
  test('has the newest events in order, and says whether there are more', async () => {
    await world.allocate(5);
    await world.write(...range(1, 5));
    await settle();
    expect(await page(undefined, 2)).toEqual({ seqs: [4, 5], more: true });
    expect(await page(await at(4), 2)).toEqual({ seqs: [2, 3], more: true });
    expect(await page(await at(2), 2)).toEqual({ seqs: [1], more: false });
    expect(await page(undefined, 5)).toEqual({ seqs: [1, 2, 3, 4, 5], more: false });
    expect(await page(await at(1), 5)).toEqual({ seqs: [], more: false });
  });

  test('skips tombstones, and ends where nothing but tombstones is left', async () => {
    const epoch = await world.allocate(6);
    await world.write(3, 6);
    for (const seq of [1, 2, 4, 5]) await world.log.tombstone('a', { epoch, seq }, world.clock.nowMs());
    await settle();
    expect(await page(undefined, 1)).toEqual({ seqs: [6], more: true });
    expect(await page(await at(6), 1)).toEqual({ seqs: [3], more: false });
  });

  test('is full before the event that does not fit, but has one however large it is', async () => {
    await world.allocate(5);
    await world.write(...range(1, 5));
    await settle();
    expect(await page(undefined, 5, 3)).toEqual({ seqs: [3, 4, 5], more: true });
    expect(await page(undefined, 5, 0)).toEqual({ seqs: [5], more: true });
    expect(await page(await at(2), 5, 0)).toEqual({ seqs: [1], more: false });
  });

  test('has nothing above what is settled: a gap there may still be filled', async () => {
    await world.allocate(4);
    await world.write(1, 2, 4);
    expect(await page(undefined, 10)).toEqual({ seqs: [1, 2], more: false });
    expect(await page(await at(5), 10)).toEqual({ seqs: [1, 2], more: false });
  });

  test('ends at what has expired', async () => {
    await world.allocate(2);
    await world.write(1, 2);
    await world.clock.advance(RETENTION_MS);
    await world.allocate(2);
    await world.write(3, 4);
    await settle();
    expect(await page(undefined, 10)).toEqual({ seqs: [3, 4], more: false });
    expect(await page(await at(3), 10)).toEqual({ seqs: [], more: false });
  });

  test('of a channel that was never used, before everything, or before an event of another epoch is empty', async () => {
    expect(await page(undefined, 10)).toEqual({ seqs: [], more: false });
    expect(await page({ epoch: 'other', seq: 9 }, 10)).toEqual({ seqs: [], more: false });
    await world.allocate();
    await world.write(1);
    await settle();
    expect(await page({ epoch: '0', seq: 0 }, 10)).toEqual({ seqs: [], more: false });
    expect(await page({ epoch: 'other', seq: 9 }, 10)).toEqual({ seqs: [], more: false });
  });
});

const SLOTS = fc.array(fc.constantFrom('event', 'tombstone', 'missing', 'expired'), { maxLength: 260 });

/** A log of slots: what has expired lies below the rest, as time has it. */
async function write(slots: readonly string[]): Promise<readonly number[]> {
  const sorted = [...slots.filter((slot) => slot === 'expired'), ...slots.filter((slot) => slot !== 'expired')];
  const seqsOf = (kind: string) => sorted.flatMap((slot, index) => (slot === kind ? [index + 1] : []));
  const epoch = await world.allocate(sorted.length);
  await world.write(...seqsOf('expired'));
  await world.clock.advance(RETENTION_MS);
  await world.write(...seqsOf('event'));
  for (const seq of seqsOf('tombstone')) await world.log.tombstone('a', { epoch, seq }, world.clock.nowMs());
  // The head was allocated long ago, so everything is settled.
  return seqsOf('event');
}

test('the pages of any log have all of its events, each once and in order, however large the pages are', async () => {
  await fc.assert(
    fc.asyncProperty(SLOTS, fc.integer({ min: 1, max: 150 }), fc.integer({ min: 0, max: 150 }), async (slots, last, maxBytes) => {
      fc.pre(slots.length > 0);
      world = new LogReaderWorld();
      const events = await write(slots);
      const found = await pages(last, maxBytes);
      expect([...found].reverse().flat()).toEqual(events);
      expect(found.every((seqs) => seqs.length <= Math.min(last, Math.max(1, maxBytes)))).toBe(true);
      if (events.length > 0) expect(found.every((seqs) => seqs.length > 0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a subscriber that begins before the last events of any log is resumed there, and gets just these', async () => {
  await fc.assert(
    fc.asyncProperty(SLOTS, fc.integer({ min: 1, max: 150 }), async (slots, last) => {
      fc.pre(slots.length > 0);
      world = new LogReaderWorld();
      const events = await write(slots);
      const start = await positionBeforeLast('a', await world.reader.baseline('a'), last, world.reader);
      expect(await world.reader.checkResume('a', start)).toMatchObject({ kind: 'resumable' });
      const replayed: ChannelEvent[] = [];
      for await (const { entries } of world.reader.replay('a', start)) {
        replayed.push(...entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : [])));
      }
      expect(replayed.map(({ seq }) => seq)).toEqual(events.slice(-last));
    }),
    { numRuns: 60 },
  );
});

describe('the position before the last events', () => {
  test('leaves out what will have expired when the subscriber resumes', async () => {
    await world.allocate(2);
    await world.write(1, 2);
    // The channel is older than its retention, so that only an entry can prove what has not expired.
    await world.clock.advance(GRACE_MS);
    await world.allocate(2);
    await world.write(3, 4);
    await world.clock.advance(RETENTION_MS - 3 * GRACE_MS - 1);
    const baseline = await world.reader.baseline('a');
    const start = await positionBeforeLast('a', baseline, 4, world.reader);
    expect(start.seq).toBe(2);
    // As late as a subscriber may be.
    await world.clock.advance(GRACE_MS);
    expect(await world.reader.checkResume('a', start)).toMatchObject({ kind: 'resumable' });
  });

  test('is looked for in 1 MiB of data, but comes before one event at least', async () => {
    const epoch = await world.allocate(30);
    for (const seq of range(1, 30)) {
      const event = { channel: 'a', epoch, seq, type: 'message', data: 'x'.repeat(90_000), publishedAtMs: world.clock.nowMs() };
      await world.log.append(event, `p${seq}`);
    }
    await settle();
    const start = await positionBeforeLast('a', await at(30), 500, world.reader);
    expect(start.seq).toBe(30 - Math.floor((1024 * 1024) / 90_000));
  });

  test('is the baseline if there is nothing before it', async () => {
    const baseline = await world.reader.baseline('a');
    expect(await positionBeforeLast('a', baseline, 4, world.reader)).toEqual(baseline);
  });
});
