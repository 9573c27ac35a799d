import { expect, test } from '@jest/globals';
import { MAX_BATCH_BYTES, parseNewBatch, parsePublication, requireWithinSecond, toBatchAnswer } from '../../../backbone/domain/batch.ts';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import { MAX_BATCH_EVENTS } from '../../../packages/protocol/publication.ts';

const refusal = (code: string, ...parts: readonly string[]) =>
  expect.objectContaining({ name: 'InvalidInputError', code, message: expect.stringMatching(new RegExp(parts.join('.*'), 's')) });

const batchOf = (count: number, data = 'x') => ({ channel: 'a', events: Array.from({ length: count }, () => ({ data })) });

test('events are normalized like those that are published alone', () => {
  expect(
    parseNewBatch({
      channel: 'a',
      events: [{ data: 'a\r\nb' }, { type: 'tick', data: '' }, { data: 'AA==', encoding: 'base64' }],
      key: 'k',
    }),
  ).toEqual({
    channel: 'a',
    events: [
      { type: 'message', data: 'a\nb' },
      { type: 'tick', data: '' },
      { type: 'message', data: 'AA==', encoding: 'base64' },
    ],
    key: 'k',
  });
});

test('a publication with events is a batch, and one without is not', () => {
  expect(parsePublication({ channel: 'a', data: 'x' })).toEqual({ channel: 'a', type: 'message', data: 'x' });
  expect(parsePublication({ channel: 'a', events: [{ data: 'x' }] })).toEqual({ channel: 'a', events: [{ type: 'message', data: 'x' }] });
});

test.each([
  ['none', [], 'invalid_body', ['\\[\\]', '1 to 100']],
  ['text', 'x', 'invalid_body', ['"x"']],
  ['null', null, 'invalid_body', ['null']],
  ['too many', batchOf(MAX_BATCH_EVENTS + 1).events, 'too_many_events', ['101', '100']],
  ['one that is no object', [{ data: 'x' }, 'y'], 'invalid_body', ['events\\[1\\]: "y"']],
  ['one that is a list', [[]], 'invalid_body', ['events\\[0\\]']],
  ['one without data', [{ data: 'x' }, { data: 'y' }, {}], 'invalid_data', ['events\\[2\\]: data must be text']],
  ['bytes that are not base64', [{ data: 'x', encoding: 'base64' }], 'invalid_data', ['events\\[0\\]: data "x" is not base64']],
  ['a reserved type', [{ type: 'reset', data: 'x' }], 'invalid_type', ['events\\[0\\]', '"reset"']],
  ['a key for one of them', [{ data: 'x', key: 'k' }], 'invalid_body', ['events\\[0\\]: key belongs to the whole batch']],
  ['a channel for one of them', [{ data: 'x', channel: 'b' }], 'invalid_body', ['events\\[0\\]: channel belongs']],
] as const)('a batch with %s is refused as a whole, and the message says which event and why', (_, events, code, parts) => {
  expect(() => parseNewBatch({ channel: 'a', events })).toThrow(refusal(code, ...parts));
});

test.each([['data'], ['type'], ['encoding']])('a batch with %s beside its events is refused', (field) => {
  expect(() => parsePublication({ ...batchOf(1), [field]: 'x' })).toThrow(refusal('invalid_body', 'within events'));
});

test('a batch is measured as its notification is encoded, with room for every position', () => {
  const most = 'x'.repeat(96 * 1024 - 400);
  const batch = parseNewBatch(batchOf(2, most));
  const events = batch.events.map((event, index) => ({
    channel: 'a',
    ...event,
    epoch: 'x'.repeat(32),
    seq: Number.MAX_SAFE_INTEGER - index,
    publishedAtMs: Date.now(),
  }));
  expect(Buffer.byteLength(encodeNotification(events))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  expect(() => parseNewBatch(batchOf(2, 'x'.repeat(96 * 1024)))).toThrow(refusal('data_too_large', String(MAX_BATCH_BYTES)));
  // Escapes count: each of these characters takes six bytes.
  expect(() => parseNewBatch(batchOf(3, '\u0001'.repeat(11_000)))).toThrow(refusal('data_too_large', '19[0-9]{4}'));
});

test('a batch of the most events fits', () => {
  expect(parseNewBatch(batchOf(MAX_BATCH_EVENTS)).events).toHaveLength(MAX_BATCH_EVENTS);
});

test('a batch that no second has room for is refused, instead of being told to try again', () => {
  const batch = parseNewBatch(batchOf(11));
  expect(() => requireWithinSecond(batch, 10)).toThrow(refusal('too_many_events', '11', '10'));
  requireWithinSecond(batch, 11);
});

test('the answer has the id of each event that is stored, and says of the others whether they are', () => {
  const event = { channel: 'a', epoch: 'k3f9', seq: 7, type: 'message', data: 'x', publishedAtMs: 1_000 };
  const answer = toBatchAnswer('a', [{ kind: 'stored', event }, { kind: 'lost' }, { kind: 'unknown', error: new Error('secret') }]);
  expect(answer).toEqual({
    channel: 'a',
    events: [
      { id: 'k3f9.7', publishedAt: '1970-01-01T00:00:01.000Z' },
      { error: { code: 'publish_contended', message: expect.stringContaining('not published') } },
      { error: { code: 'unavailable', message: expect.stringContaining('may or may not') } },
    ],
  });
  expect(JSON.stringify(answer)).not.toContain('secret');
});
