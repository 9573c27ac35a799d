import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrameSizeWatch } from '../../gateway/frame-size-watch.ts';

/** A client's frame in the format of RFC 6455. */
function frame(payloadBytes: number, masked = true): Buffer {
  const length =
    payloadBytes < 126
      ? Buffer.of(payloadBytes)
      : payloadBytes < 65_536
        ? Buffer.concat([Buffer.of(126), Buffer.from([payloadBytes >> 8, payloadBytes & 255])])
        : Buffer.concat([Buffer.of(127), Buffer.from(payloadBytes.toString(16).padStart(16, '0'), 'hex')]);
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0);
  // If the watch lost its place, it would read these payload bytes as an enormous frame.
  return Buffer.concat([Buffer.of(0x81), length, masked ? Buffer.of(1, 2, 3, 4) : Buffer.alloc(0), Buffer.alloc(payloadBytes, 0xff)]);
}

/** Feeds the bytes in chunks of the given sizes, repeatedly. */
function feed(watch: FrameSizeWatch, bytes: Buffer, sizes: readonly number[]): boolean {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    if (!watch.feed(bytes.subarray(at, end))) return false;
    at = end;
  }
  return true;
}

const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
const lengths = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 120, max: 1000 }), fc.constantFrom(0, 125, 126, 1000));

test('frames up to the limit pass, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lengths, fc.boolean()), { maxLength: 20 }), sizes, (frames, chunks) => {
      const bytes = Buffer.concat(frames.map(([length, masked]) => frame(length, masked)));
      expect(feed(new FrameSizeWatch(1000), bytes, chunks)).toBe(true);
    }),
  );
});

test('a frame above the limit is noticed, whatever came before and however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 10 }), fc.integer({ min: 1001, max: 70_000 }), sizes, (before, tooLong, chunks) => {
      const bytes = Buffer.concat([...before.map((length) => frame(length)), frame(tooLong)]);
      expect(feed(new FrameSizeWatch(1000), bytes, chunks)).toBe(false);
    }),
  );
});

test('the header alone is enough to notice it', () => {
  expect(new FrameSizeWatch(32_768).feed(frame(32_769).subarray(0, 8))).toBe(false);
});
