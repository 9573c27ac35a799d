import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeEventFrame, MAX_FRAME_BYTES, parseNewEvent, toWireEvent } from '../../../backbone/domain/event.ts';
import type { InvalidInputCode } from '../../../packages/protocol/invalid-input.ts';
import { MAX_DATA_BYTES } from '../../../packages/protocol/publication.ts';

const code = (value: InvalidInputCode) => expect.objectContaining({ name: 'InvalidInputError', code: value });

describe('what is published', () => {
  test('is of type message unless it says otherwise', () => {
    expect(parseNewEvent({ channel: 'a', data: 'x' })).toEqual({ channel: 'a', type: 'message', data: 'x' });
    expect(parseNewEvent({ channel: 'a', type: 'tick', data: 'x', key: 'k' })).toEqual({
      channel: 'a',
      type: 'tick',
      data: 'x',
      key: 'k',
    });
  });

  test('may be an empty text', () => {
    expect(parseNewEvent({ channel: 'a', data: '' }).data).toBe('');
  });

  test.each([
    ['a\r\nb', 'a\nb'],
    ['a\rb', 'a\nb'],
    ['\r\r\n\n\r', '\n\n\n\n'],
    ['a\n', 'a\n'],
  ])('has LF line ends: %j', (given, stored) => {
    expect(parseNewEvent({ channel: 'a', data: given }).data).toBe(stored);
  });

  test('keeps all text apart from line ends, and parsing it again changes nothing', () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom('\r', '\n', '\u2028', '\0', '"', '😀'), fc.string({ unit: 'binary' })) });
    fc.assert(
      fc.property(text, (given) => {
        fc.pre(given.isWellFormed());
        const { data } = parseNewEvent({ channel: 'a', data: given });
        expect(data).not.toContain('\r');
        expect(data.replaceAll('\n', '')).toBe(given.replaceAll(/[\r\n]/g, ''));
        expect(parseNewEvent({ channel: 'a', data }).data).toBe(data);
      }),
    );
  });

  test.each([undefined, null, 7, {}, ['x']])('is text, not %j', (data) => {
    expect(() => parseNewEvent({ channel: 'a', data })).toThrow(code('invalid_data'));
  });

  test.each(['\ud800', 'a\udc00b', '\udc00\ud800'])('contains no lone surrogate: %j', (data) => {
    expect(() => parseNewEvent({ channel: 'a', data })).toThrow(code('invalid_data'));
  });

  test('may be as large as the limit in UTF-8 bytes, and no larger', () => {
    const limit = 'é'.repeat(MAX_DATA_BYTES / 2);
    expect(parseNewEvent({ channel: 'a', data: limit }).data).toBe(limit);
    expect(() => parseNewEvent({ channel: 'a', data: `${limit}x` })).toThrow(code('data_too_large'));
  });

  test('is measured after line ends are normalized', () => {
    const data = `${'x'.repeat(MAX_DATA_BYTES - 1)}\r\n`;
    expect(Buffer.byteLength(parseNewEvent({ channel: 'a', data }).data)).toBe(MAX_DATA_BYTES);
  });

  test('is rejected if its escapes do not fit a frame, whatever seq it would get', () => {
    // Six bytes each in JSON.
    const controls = (count: number) => '\u0001'.repeat(count);
    expect(() => parseNewEvent({ channel: 'a', data: controls(MAX_FRAME_BYTES / 6) })).toThrow(code('data_too_large'));
    const { channel, type, data } = parseNewEvent({ channel: 'a', data: controls(21_780) });
    const event = { channel, type, data, epoch: 'x'.repeat(32), seq: Number.MAX_SAFE_INTEGER, publishedAtMs: Date.now() };
    expect(Buffer.byteLength(encodeEventFrame(event))).toBeLessThan(MAX_FRAME_BYTES);
  });

  test.each(['', 'a b', 'x'.repeat(129), 7, null])('cannot have the type %j', (type) => {
    expect(() => parseNewEvent({ channel: 'a', type, data: 'x' })).toThrow(code('invalid_type'));
  });

  test.each(['reset', 'expired', 'presence', 'open', 'error'])('cannot have the type %s, which the lanes use themselves', (type) => {
    expect(() => parseNewEvent({ channel: 'a', type, data: 'x' })).toThrow(code('invalid_type'));
  });

  test.each(['', 'a b', 'é', 'x'.repeat(129), 7, null])('cannot have the key %j', (key) => {
    expect(() => parseNewEvent({ channel: 'a', data: 'x', key })).toThrow(code('invalid_key'));
  });

  test('names a channel', () => {
    expect(() => parseNewEvent({ channel: 'a b', data: 'x' })).toThrow(code('invalid_channel'));
  });
});

test('an event on the wire has its cursor as id and its time as RFC 3339', () => {
  const event = { channel: 'a', epoch: 'k3f9', seq: 7, type: 'message', data: 'x', publishedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
  const wire = { channel: 'a', id: 'k3f9.7', type: 'message', data: 'x', publishedAt: '2026-01-02T03:04:05.006Z' };
  expect(toWireEvent(event)).toEqual(wire);
  expect(JSON.parse(encodeEventFrame(event))).toEqual({ kind: 'event', ...wire });
});
