import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  EPHEMERAL_LIFETIME_MS,
  type EphemeralEvent,
  encodeEphemeralFrame,
  encodeEphemeralNotification,
  isEphemeral,
  isEphemeralNotification,
  isTooLate,
  readEphemeralNotification,
} from '../../../backbone/domain/ephemeral-event.ts';
import { encodeNotification, parseJsonObject } from '../../../backbone/domain/notification.ts';
import { channelEvent } from '../../support/arbitraries.ts';
import { ephemeralEvent } from '../../support/ephemeral.ts';

const anyEvent: fc.Arbitrary<EphemeralEvent> = channelEvent.map(({ epoch, seq, ...event }) => ephemeralEvent(seq, event));

test('what is announced is what arrives, and is told from a durable event', () => {
  fc.assert(
    fc.property(anyEvent, channelEvent, (event, durable) => {
      const fields = parseJsonObject(encodeEphemeralNotification(event));
      expect(isEphemeralNotification(fields)).toBe(true);
      expect(readEphemeralNotification(fields)).toEqual(event);
      expect(isEphemeralNotification(parseJsonObject(encodeNotification([durable])))).toBe(false);
      expect([event, durable].map(isEphemeral)).toEqual([true, false]);
    }),
  );
});

describe('a notification that anybody may have sent is refused', () => {
  const good = parseJsonObject(encodeEphemeralNotification(ephemeralEvent(1)));

  test.each([
    ['without data', { data: undefined }, 'data'],
    ['with a time that is none', { publishedAt: '1' }, 'publishedAt'],
    ['without a source', { source: 7 }, 'source'],
    ['with a count that is none', { count: 1.5 }, 'count'],
    ['with bytes that are not base64', { encoding: 'base64' }, 'base64'],
    ['with a type that would add fields to a stream', { type: 'a\nid: 1' }, 'type'],
    ['for a channel that there cannot be', { channel: 'a b' }, 'channel'],
  ])('%s', (_, change, named) => {
    expect(() => readEphemeralNotification({ ...good, ...change })).toThrow(named);
  });
});

test('bytes are marked for clients', () => {
  expect(JSON.parse(encodeEphemeralFrame(ephemeralEvent(1, { data: 'AA==', encoding: 'base64' })))).toMatchObject({
    data: 'AA==',
    encoding: 'base64',
  });
});

test('a client gets no id, source or count', () => {
  expect(JSON.parse(encodeEphemeralFrame(ephemeralEvent(1)))).toEqual({
    kind: 'ephemeral',
    channel: 'typing.demo',
    type: 'message',
    data: '1',
    publishedAt: '1970-01-01T00:00:00.000Z',
  });
});

test('an event is too late when its lifetime is over', () => {
  const event = ephemeralEvent(1, { publishedAtMs: 1_000 });
  expect([1_000, 1_000 + EPHEMERAL_LIFETIME_MS, 1_001 + EPHEMERAL_LIFETIME_MS].map((nowMs) => isTooLate(event, nowMs))).toEqual([
    false,
    false,
    true,
  ]);
});
