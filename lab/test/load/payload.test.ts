import { expect, test } from '@jest/globals';
import { decodePayload, encodePayload, MIN_DATA_BYTES, monotonicUs } from '../../load/payload.ts';

test('a payload has exactly the size asked for, the smallest too', () => {
  for (const bytes of [MIN_DATA_BYTES, 160, 5_000]) {
    expect(Buffer.byteLength(encodePayload({ run: 'abcd1234', atUs: Number.MAX_SAFE_INTEGER }, bytes))).toBe(bytes);
  }
});

test('a payload is read back', () => {
  const payload = { run: 'abcd1234', atUs: monotonicUs() };

  expect(decodePayload(encodePayload(payload, 160), payload.run)).toEqual(payload);
});

test('an event of another run, or of somebody else, is none of ours', () => {
  expect(decodePayload(encodePayload({ run: 'abcd1234', atUs: 1 }, 160), 'ffff0000')).toBeUndefined();
  expect(decodePayload('hello', 'abcd1234')).toBeUndefined();
});
