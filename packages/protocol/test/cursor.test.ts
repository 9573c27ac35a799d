import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { channelName, position } from '../../../test/support/arbitraries.ts';
import { formatCursor, formatPosition, isOrigin, ORIGIN, parseCursor, parsePosition, withinEpoch } from '../cursor.ts';
import { InvalidInputError } from '../invalid-input.ts';

const positions = fc.array(fc.tuple(channelName, position), { minLength: 1, maxLength: 32 }).map((pairs) => new Map(pairs));

/** Texts near the grammar reach further into the parser than random ones. */
const garbage = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', '0', '1', '9', '.', '=', ',', 'Z', ' ', '\n', '-', 'é', '\ud800') }),
);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a position', () => {
  test('looks as documented', () => {
    expect(formatPosition({ epoch: 'k3f9', seq: 1042 })).toBe('k3f9.1042');
  });

  test('survives the wire', () => {
    fc.assert(fc.property(position, (value) => expect(parsePosition(formatPosition(value))).toEqual(value)));
  });

  test('is only what formats back to the same text, and all else is rejected by name', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        const code = codeOf(() => parsePosition(text));
        if (code === 'accepted') expect(formatPosition(parsePosition(text))).toBe(text);
        else expect(code).toBe('invalid_cursor');
      }),
    );
  });

  test('before the first epoch has one text, and its epoch no other seq', () => {
    expect(formatPosition(ORIGIN)).toBe('0.0');
    expect(isOrigin(parsePosition('0.0'))).toBe(true);
    expect(codeOf(() => parsePosition('0.1'))).toBe('invalid_cursor');
    expect(isOrigin(parsePosition('00.0'))).toBe(false);
  });

  test('before the first epoch is the start of whichever epoch there is', () => {
    expect(withinEpoch(ORIGIN, 'k3f9')).toEqual({ epoch: 'k3f9', seq: 0 });
    expect(withinEpoch({ epoch: 'k3f9', seq: 7 }, 'other')).toEqual({ epoch: 'k3f9', seq: 7 });
  });

  test.each(['', '.', 'a', 'a.', '.1', 'a.-1', 'a.01', 'a.1.2', 'A.1', 'a.1 ', 'a.1\n', 'a.9007199254740992', `${'a'.repeat(33)}.1`])(
    '%j is rejected',
    (text) => {
      expect(codeOf(() => parsePosition(text))).toBe('invalid_cursor');
    },
  );

  test('is rejected with the bad value in the message, shortened', () => {
    expect(() => parsePosition('no cursor')).toThrow('"no cursor"');
    expect(() => parsePosition('x'.repeat(10_000))).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,200}$/) }));
  });
});

describe('a cursor', () => {
  test('of one channel is the bare position', () => {
    expect(formatCursor(['orders'], new Map([['orders', { epoch: 'k3f9', seq: 7 }]]))).toBe('k3f9.7');
  });

  test('of several channels names them in the order of the stream', () => {
    const cursor = new Map([
      ['chat', { epoch: 'ab12', seq: 77 }],
      ['orders', { epoch: 'k3f9', seq: 1042 }],
    ]);
    expect(formatCursor(['orders', 'chat'], cursor)).toBe('orders=k3f9.1042,chat=ab12.77');
  });

  test('survives the wire', () => {
    fc.assert(
      fc.property(positions, (cursor) => {
        const channels = [...cursor.keys()];
        expect(parseCursor(formatCursor(channels, cursor), channels)).toEqual(cursor);
      }),
    );
  });

  test('keeps only the channels of the stream that reads it', () => {
    fc.assert(
      fc.property(positions, fc.integer({ min: 1, max: 31 }), (cursor, keep) => {
        fc.pre(cursor.size > 1);
        const kept = [...cursor].slice(0, keep);
        const text = formatCursor([...cursor.keys()], cursor);
        const channels = kept.map(([channel]) => channel);
        expect([...parseCursor(text, [...channels, 'channel-without-position'])]).toEqual(kept);
      }),
    );
  });

  test('of a single-channel stream may come from a stream over several', () => {
    expect(parseCursor('orders=k3f9.1,chat=ab12.2', ['chat'])).toEqual(new Map([['chat', { epoch: 'ab12', seq: 2 }]]));
  });

  test('never crashes the parser: it is read, or rejected by name', () => {
    fc.assert(
      fc.property(garbage, fc.uniqueArray(channelName, { minLength: 1, maxLength: 3 }), (text, channels) => {
        expect(['accepted', 'invalid_cursor']).toContain(codeOf(() => parseCursor(text, channels)));
      }),
    );
  });

  test.each(['k3f9.1', 'a=k3f9.1,a=k3f9.2', 'a=k3f9.1,', ',a=k3f9.1', 'a=', '=k3f9.1', 'a b=k3f9.1', 'a=k3f9.1,b'])(
    '%j is rejected for a stream over two channels',
    (text) => {
      expect(codeOf(() => parseCursor(text, ['a', 'b']))).toBe('invalid_cursor');
    },
  );
});
