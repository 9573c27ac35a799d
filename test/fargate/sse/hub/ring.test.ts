import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventEntry, type LogEntry } from '../../../../backbone/domain/log-entry.ts';
import { RingMemory } from '../../../../fargate/sse/budget/ring-memory.ts';
import { Ring } from '../../../../fargate/sse/hub/ring.ts';
import type { Slab, SlabHolder } from '../../../../fargate/sse/hub/slab.ts';
import { textOfChunks } from '../support/chunks.ts';
import { parseStream } from '../support/fake-sink.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;

function event(seq: number, data = `event ${seq}`, epoch = 'e1') {
  return { channel: 'demo', epoch, seq, type: 'message', data, publishedAtMs: 0 };
}

const newRing = (memory = new RingMemory(64 * 1024 * 1024)) => new Ring('demo', { epoch: 'e1', seq: 0 }, memory);

function ringOf(...seqs: readonly number[]): Ring {
  const ring = newRing();
  for (const seq of seqs) ring.append(event(seq));
  return ring;
}

/** Everything from an ordinal on, as a client would hear it. */
function drain(ring: Ring, from: number): readonly string[] {
  const parts: Buffer[] = [];
  for (let batch = ring.batchFrom(from); batch !== undefined; batch = ring.batchFrom(batch.next)) parts.push(batch.bytes);
  return parseStream(textOfChunks(Buffer.concat(parts))).map(({ data }) => data);
}

test('readers at the same position get the same buffer', () => {
  const ring = ringOf(1, 2, 3);
  expect(ring.batchFrom(1)?.bytes).toBe(ring.batchFrom(1)?.bytes);
});

test('a batch contains everything that the reader lacks', () => {
  expect(drain(ringOf(1, 2, 3), 1)).toEqual(['event 2', 'event 3']);
  expect(ringOf(1, 2, 3).batchFrom(3)).toBeUndefined();
});

test('an event that arrives after a batch was returned does not change the batch', () => {
  const ring = ringOf(1);
  const before = ring.batchFrom(0)?.bytes.toString();
  const bytes = ring.batchFrom(0)?.bytes;
  ring.append(event(2));
  expect(bytes?.toString()).toBe(before);
  expect(drain(ring, 0)).toEqual(['event 1', 'event 2']);
});

test('nothing is lost between slabs, whatever the sizes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40_000 }), { maxLength: 40 }), fc.nat({ max: 40 }), (sizes, from) => {
      const ring = newRing();
      const data = sizes.map((size, index) => `${index}:${'ä'.repeat(size)}`);
      for (const [index, text] of data.entries()) ring.append(event(index + 1, text));
      expect(drain(ring, Math.min(from, data.length))).toEqual(data.slice(from));
    }),
    { numRuns: 30 },
  );
});

test('a cursor is found wherever it points, with tombstones before or after it', () => {
  const ring = ringOf(2, 3, 7);
  const places = [0, 1, 2, 3, 4, 6, 7].map((seq) => ring.find({ epoch: 'e1', seq }));
  expect(places).toEqual([0, 0, 1, 2, 2, 2, 3]);
});

test('a cursor of another epoch is not found', () => {
  expect(ringOf(1).find({ epoch: 'e2', seq: 1 })).toBeUndefined();
});

test('a cursor before the first entry kept is not found, the one right before it is', () => {
  const ring = ringOf(1, 2, 3);
  ring.trim(1, 2);
  expect(ring.start).toBe(2);
  expect(ring.find({ epoch: 'e1', seq: 1 })).toBeUndefined();
  expect(ring.find({ epoch: 'e1', seq: 2 })).toBe(2);
});

test('trimming keeps what has not been offered to every reader', () => {
  const ring = ringOf(1, 2, 3);
  ring.trim(0, 1);
  expect(ring.start).toBe(1);
  expect(drain(ring, ring.start)).toEqual(['event 2', 'event 3']);
});

test('trimming removes no more than the limit requires', () => {
  const ring = ringOf(1, 2, 3);
  ring.trim(ring.memoryBytes - 1, EVERYTHING);
  expect(ring.start).toBe(1);
});

test('the bytes that a reader lacks are those of the entries from its position on', () => {
  const ring = ringOf(1, 2, 3);
  expect(ring.bytesFrom(1)).toBe(ring.batchFrom(1)?.bytes.length);
  expect(ring.bytesFrom(3)).toBe(0);
});

test('a reset is between the epochs, also for readers that are still behind it', () => {
  const ring = ringOf(1);
  ring.reset({ epoch: 'e2', seq: 0 }, 'epoch_changed');
  ring.append(event(1, 'new', 'e2'));
  expect(drain(ring, 0)).toEqual(['event 1', '{"channel":"demo","reason":"epoch_changed"}', 'new']);
});

test('after a reset only cursors of the new epoch are found', () => {
  const ring = ringOf(1);
  ring.reset({ epoch: 'e2', seq: 4 }, 'epoch_changed');
  ring.append(event(5, 'new', 'e2'));
  expect(ring.find({ epoch: 'e1', seq: 1 })).toBeUndefined();
  expect(ring.find({ epoch: 'e2', seq: 3 })).toBeUndefined();
  expect(ring.find({ epoch: 'e2', seq: 4 })).toBe(2);
});

test('dropping an older epoch does not drop cursors of the new one', () => {
  const ring = ringOf(1, 2);
  ring.reset({ epoch: 'e2', seq: 0 }, 'epoch_changed');
  ring.append(event(1, 'new', 'e2'));
  ring.trim(0, 2);
  expect(ring.find({ epoch: 'e2', seq: 0 })).toBe(3);
});

describe('prepended history', () => {
  const entry = (seq: number, data?: string) => eventEntry(event(seq, data));
  const newestFirst = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => entry(from - index));
  const at5 = () => new Ring('demo', { epoch: 'e1', seq: 5 }, new RingMemory(64 * 1024 * 1024));

  test('is served to readers at its start, and then the newer entries', () => {
    const ring = at5();
    ring.append(event(6));
    expect(ring.reachBack(newestFirst(5, 3), EVERYTHING)).toBe(true);
    expect(ring.floor).toEqual({ epoch: 'e1', seq: 2 });
    expect([1, 2, 4, 5].map((seq) => ring.find({ epoch: 'e1', seq }))).toEqual([undefined, -3, -1, 0]);
    expect(drain(ring, -3)).toEqual(['event 3', 'event 4', 'event 5', 'event 6']);
    expect(ring.bytesFrom(-3)).toBe(ring.bytesFrom(0) * 4);
  });

  test('ends at a gap, and skips tombstones', () => {
    const ring = at5();
    const tombstone = (seq: number): LogEntry => ({ kind: 'tombstone', seq, atMs: 0 });
    ring.reachBack([entry(7), entry(5), tombstone(4), entry(3), entry(1)], EVERYTHING);
    expect(ring.floor.seq).toBe(2);
    expect(drain(ring, ring.start)).toEqual(['event 3', 'event 5']);
  });

  test('ends when there is no more room', () => {
    const ring = at5();
    expect(ring.reachBack([entry(5), entry(4, 'x'.repeat(5_000)), entry(3)], 5_000)).toBe(true);
    expect(ring.floor.seq).toBe(4);
    expect(ring.reachBack([entry(4, 'x'.repeat(5_000))], 5_000)).toBe(false);
  });

  test('can be extended repeatedly, and is dropped first', () => {
    const ring = at5();
    ring.reachBack(newestFirst(5, 4), EVERYTHING);
    ring.reachBack(newestFirst(3, 1), EVERYTHING);
    ring.append(event(6));
    expect(drain(ring, -5)).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `event ${seq}`));
    ring.trim(0, 0);
    expect(ring.floor.seq).toBe(5);
    expect(drain(ring, ring.start)).toEqual(['event 6']);
  });

  test('is not added below the first entry of an epoch', () => {
    const ring = at5();
    ring.reset({ epoch: 'e2', seq: 5 }, 'epoch_changed');
    expect(ring.reachBack([eventEntry(event(5, 'x', 'e2'))], EVERYTHING)).toBe(false);
  });
});

describe('memory', () => {
  test('a ring releases everything that it took', () => {
    const memory = new RingMemory(64 * 1024 * 1024);
    const ring = newRing(memory);
    for (let seq = 1; seq <= 200; seq++) ring.append(event(seq, 'ä'.repeat(seq * 20)));
    expect(memory.used).toBe(ring.memoryBytes);
    expect(memory.used).toBeGreaterThan(ring.bytesFrom(0) * 2);
    ring.trim(memory.used / 3, EVERYTHING);
    expect(memory.used).toBe(ring.memoryBytes);
    ring.trim(0, EVERYTHING);
    expect(memory.used).toBe(0);
    ring.append(event(201));
    ring.close();
    expect(memory.used).toBe(0);
  });

  test('however many rings there are, and whatever they contain, together they never exceed the total', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 20_000 })), { maxLength: 300 }), (appends) => {
        const memory = new RingMemory(400_000);
        const rings = Array.from({ length: 31 }, () => newRing(memory));
        for (const [index, size] of appends) {
          const ring = rings[index] as Ring;
          ring.append(event(ring.end + 1, 'x'.repeat(size)));
          ring.trim(memory.limit, ring.end);
          expect(memory.used).toBeLessThanOrEqual(memory.total);
          expect(memory.used).toBe(rings.reduce((bytes, { memoryBytes }) => bytes + memoryBytes, 0));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a dropped slab that clients still need counts against one of them, and then against the next', async () => {
    const ring = ringOf(1, 2);
    const slab = ring.batchFrom(0)?.slab as Slab;
    const answered: string[] = [];
    const holder = (name: string): SlabHolder => ({ answerForSlab: (bytes) => answered.push(`${name} ${bytes}`) });
    const [ann, bob] = [holder('ann'), holder('bob')];
    slab.hold(ann);
    slab.hold(bob);
    expect(answered).toEqual([]);
    ring.trim(0, EVERYTHING);
    expect(answered).toEqual(['ann 4096']);
    slab.release(ann);
    await Promise.resolve();
    expect(answered).toEqual(['ann 4096', 'bob 4096']);
  });
});
