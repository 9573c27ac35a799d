import { describe, expect, test } from '@jest/globals';
import { parsePublication } from '../../../backbone/domain/batch.ts';
import {
  encodeLatestNotification,
  isLatestNotification,
  isOutdated,
  type LatestEvent,
  REMOVAL_LIFETIME_MS,
  readLatestNotification,
  toExpired,
  toLatestEntry,
} from '../../../backbone/domain/latest-event.ts';
import { parseLatestPublication, TooManyKeysError, toLatestBatchAnswer } from '../../../backbone/domain/latest-publication.ts';

const event: LatestEvent = {
  channel: 'latest.a',
  key: 'x',
  version: { createdAt: 36, count: 2 },
  type: 'price',
  data: '17',
  publishedAtMs: 1_000,
  expiresAtMs: 9_000,
};
const removal: LatestEvent = {
  channel: 'latest.a',
  key: 'y',
  version: { createdAt: 36, count: 3 },
  removed: true,
  publishedAtMs: 0,
  expiresAtMs: 9_000,
};

describe('a notification', () => {
  test('brings the events as they are', () => {
    const fields = JSON.parse(encodeLatestNotification([event, removal]));
    expect(isLatestNotification(fields)).toBe(true);
    expect(readLatestNotification(fields)).toEqual([event, removal]);
  });

  test.each([
    ['without entries', { entries: [] }],
    ['with something else for entries', { entries: {} }],
    ['with an invalid entry', { entries: [null] }],
    ['with an invalid version', { version: '1' }],
    ['with an invalid key', { key: 'a b' }],
    ['with a type that would break a stream', { type: 'a\nb' }],
    ['with no data', { data: undefined }],
    ['with an invalid time', { publishedAt: 'now' }],
    ['without an end', { expiresAt: undefined }],
    ['of an invalid channel', { channel: '#' }],
  ])('%s is refused', (_, wrong) => {
    const { channel, entries } = JSON.parse(encodeLatestNotification([event]));
    expect(() => readLatestNotification({ channel, entries: [{ ...entries[0], ...wrong }], ...wrong })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^invalid_/) }),
    );
  });

  test('is outdated as soon as a removal may be forgotten', () => {
    expect(isOutdated(event, event.publishedAtMs + REMOVAL_LIFETIME_MS - 1)).toBe(false);
    expect(isOutdated(event, event.publishedAtMs + REMOVAL_LIFETIME_MS)).toBe(true);
  });
});

test('clients see an event, its removal and its end', () => {
  const publishedAt = '1970-01-01T00:00:01.000Z';
  expect(toLatestEntry(event)).toEqual({ key: 'x', version: '10.2', type: 'price', data: '17', publishedAt });
  expect(toLatestEntry(removal)).toEqual({ key: 'y', version: '10.3', removed: true, publishedAt: '1970-01-01T00:00:00.000Z' });
  expect(toLatestEntry(toExpired(event))).toEqual({ key: 'x', version: '10.2', removed: true, publishedAt });
});

describe('a publication', () => {
  const channel = 'latest.a';

  test('is an event of a key, or removes the key', () => {
    expect(parseLatestPublication({ channel, conflationKey: 'x', data: 'a\r\nb', key: 'k' })).toEqual({
      channel,
      key: 'x',
      value: { type: 'message', data: 'a\nb' },
    });
    expect(parseLatestPublication({ channel, conflationKey: 'x', removed: true })).toEqual({ channel, key: 'x', value: 'removed' });
  });

  test('may be a batch', () => {
    const events = [
      { conflationKey: 'x', type: 'price', data: '1' },
      { conflationKey: 'y', removed: true },
    ];
    expect(parseLatestPublication({ channel, events })).toEqual({
      channel,
      events: [
        { channel, key: 'x', value: { type: 'price', data: '1' } },
        { channel, key: 'y', value: 'removed' },
      ],
    });
  });

  test.each([
    ['without a key', { data: '1' }, 'conflationKey is missing'],
    ['with an invalid key', { conflationKey: 'a b', data: '1' }, 'conflationKey "a b" is not valid'],
    ['with data beside a removal', { conflationKey: 'x', removed: true, data: '1' }, 'has no data and no type'],
    ['with an invalid removal', { conflationKey: 'x', removed: 1 }, 'removed is 1, but can only be true'],
    ['without data', { conflationKey: 'x' }, 'data must be text'],
    ['with too much data', { conflationKey: 'x', data: 'x'.repeat(4_097) }, 'at most 4096 are allowed'],
    ['with a reserved type', { conflationKey: 'x', data: '', type: 'snapshot' }, 'is reserved'],
    ['with an invalid idempotency key', { conflationKey: 'x', data: '', key: ' ' }, 'idempotency key'],
    ['with a key beside a batch', { conflationKey: 'x', events: [{ conflationKey: 'x', data: '' }] }, 'leave out conflationKey'],
    [
      'with an invalid event in a batch',
      { events: [{ conflationKey: 'x', data: '' }, { data: '' }] },
      'events[1]: conflationKey is missing',
    ],
    [
      'with a key twice in a batch',
      {
        events: [
          { conflationKey: 'x', data: '' },
          { conflationKey: 'x', data: '' },
        ],
      },
      'the key "x" more than once',
    ],
    [
      'with a batch that no notification takes',
      { events: Array.from({ length: 50 }, (_, at) => ({ conflationKey: `${at}`, data: 'x'.repeat(4_000) })) },
      'send fewer events at once',
    ],
  ])('%s is refused', (_, input, message) => {
    expect(() => parseLatestPublication({ channel, ...input })).toThrow(message);
  });

  test.each([
    [{ data: '', conflationKey: 'x' }, 'conflationKey is for latest channels'],
    [{ data: '', removed: true }, 'removed is for latest channels'],
    [{ events: [{ data: '', conflationKey: 'x' }] }, 'events[0]: conflationKey is for latest channels'],
    [{ events: [{ data: '' }], removed: true }, 'leave out removed'],
  ])('%j on another channel is refused', (input, message) => {
    expect(() => parsePublication({ channel: 'orders', ...input })).toThrow(message);
  });

  test('as a batch has an answer for each event', () => {
    const error = new TooManyKeysError({ channel, key: 'z' });
    const outcomes = [
      { kind: 'stored', event },
      { kind: 'refused', error },
      { kind: 'unknown', error: new Error('lost') },
    ] as const;
    expect(toLatestBatchAnswer(channel, outcomes)).toEqual({
      channel,
      events: [
        { conflationKey: 'x', version: '10.2', publishedAt: '1970-01-01T00:00:01.000Z' },
        { error: { code: 'too_many_keys', message: error.message } },
        { error: { code: 'unavailable', message: expect.any(String) } },
      ],
    });
  });
});
