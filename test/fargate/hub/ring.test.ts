import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Ring } from '../../../fargate/hub/ring.ts';
import { textOfChunks } from '../support/chunks.ts';
import { parseStream } from '../support/fake-sink.ts';

const EVERYTHING = Number.MAX_SAFE_INTEGER;

function event(seq: number, data = `event ${seq}`, epoch = 'e1') {
  return { channel: 'demo', epoch, seq, type: 'message', data, publishedAtMs: 0 };
}

function ringOf(...seqs: readonly number[]): Ring {
  const ring = new Ring('demo', { epoch: 'e1', seq: 0 });
  for (const seq of seqs) ring.append(event(seq));
  return ring;
}

/** Everything from an ordinal on, as a client would hear it. */
function drain(ring: Ring, from: number): readonly string[] {
  const parts: Buffer[] = [];
  for (let batch = ring.batchFrom(from); batch !== undefined; batch = ring.batchFrom(batch.next)) parts.push(batch.bytes);
  return parseStream(textOfChunks(Buffer.concat(parts))).map(({ data }) => data);
}

test('readers at one place get the very same bytes', () => {
  const ring = ringOf(1, 2, 3);
  expect(ring.batchFrom(1)?.bytes).toBe(ring.batchFrom(1)?.bytes);
});

test('a batch holds all that the reader lacks', () => {
  expect(drain(ringOf(1, 2, 3), 1)).toEqual(['event 2', 'event 3']);
  expect(ringOf(1, 2, 3).batchFrom(3)).toBeUndefined();
});

test('an event that comes after a batch was handed out does not change the batch', () => {
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
      const ring = new Ring('demo', { epoch: 'e1', seq: 0 });
      const data = sizes.map((size, index) => `${index}:${'ä'.repeat(size)}`);
      for (const [index, text] of data.entries()) ring.append(event(index + 1, text));
      expect(drain(ring, Math.min(from, data.length))).toEqual(data.slice(from));
    }),
    { numRuns: 30 },
  );
});

test('a cursor is found wherever it points, tombstones before or behind it', () => {
  const ring = ringOf(2, 3, 7);
  const places = [0, 1, 2, 3, 4, 6, 7].map((seq) => ring.find({ epoch: 'e1', seq }));
  expect(places).toEqual([0, 0, 1, 2, 2, 2, 3]);
});

test('a cursor of another epoch is not found', () => {
  expect(ringOf(1).find({ epoch: 'e2', seq: 1 })).toBeUndefined();
});

test('a cursor from before the first entry kept is not found, the one right before it is', () => {
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

test('trimming goes no further than the limit asks', () => {
  const ring = ringOf(1, 2, 3);
  ring.trim(ring.bytes - 1, EVERYTHING);
  expect(ring.start).toBe(1);
});

test('the bytes that a reader lacks are those of the entries from its place on', () => {
  const ring = ringOf(1, 2, 3);
  expect(ring.bytesFrom(1)).toBe(ring.batchFrom(1)?.bytes.length);
  expect(ring.bytesFrom(3)).toBe(0);
});

test('a reset stands between the epochs, for readers that are still behind it too', () => {
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

test('letting go of an older epoch does not let cursors of the new one go', () => {
  const ring = ringOf(1, 2);
  ring.reset({ epoch: 'e2', seq: 0 }, 'epoch_changed');
  ring.append(event(1, 'new', 'e2'));
  ring.trim(0, 2);
  expect(ring.find({ epoch: 'e2', seq: 0 })).toBe(3);
});
