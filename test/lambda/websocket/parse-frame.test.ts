import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kindsBy } from '../../../backbone/domain/channel-kind.ts';
import { parseCommand, parseFields, parseRequestId } from '../../../lambda/websocket/parse-frame.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';

const parse = (body: string) => {
  const fields = parseFields(body);
  parseRequestId(fields);
  return parseCommand(fields, kindsBy([{ match: 'prices', kind: 'latest' }]));
};

test.each([
  [
    { action: 'subscribe', channel: 'demo' },
    { action: 'subscribe', channel: 'demo', batch: false, presence: false },
  ],
  [
    { action: 'subscribe', channel: 'demo', after: 'k3f9.7' },
    { action: 'subscribe', channel: 'demo', after: new Map([['demo', { epoch: 'k3f9', seq: 7 }]]), batch: false, presence: false },
  ],
  [
    { action: 'subscribe', channel: 'demo', after: 'orders=ab.1,demo=k3f9.7' },
    { action: 'subscribe', channel: 'demo', after: new Map([['demo', { epoch: 'k3f9', seq: 7 }]]), batch: false, presence: false },
  ],
  [
    { action: 'subscribe', channel: 'demo', batch: true },
    { action: 'subscribe', channel: 'demo', batch: true, presence: false },
  ],
  [
    { action: 'subscribe', channel: 'demo', presence: true, presenceState: '1abc' },
    { action: 'subscribe', channel: 'demo', batch: false, presence: true, presenceState: '1abc' },
  ],
  [
    { action: 'present', channel: 'demo' },
    { action: 'present', channel: 'demo', data: '' },
  ],
  [
    { action: 'absent', channel: 'demo' },
    { action: 'absent', channel: 'demo' },
  ],
  [
    { action: 'subscribe', channel: 'demo', last: 500 },
    { action: 'subscribe', channel: 'demo', last: 500, batch: false, presence: false },
  ],
  [
    { action: 'history', channel: 'demo' },
    { action: 'history', channel: 'demo', before: undefined, last: 100 },
  ],
  [
    { action: 'history', channel: 'demo', before: 'demo=k3f9.7,orders=ab.1', last: 1 },
    { action: 'history', channel: 'demo', before: { epoch: 'k3f9', seq: 7 }, last: 1 },
  ],
  [
    { action: 'unsubscribe', channel: 'demo' },
    { action: 'unsubscribe', channel: 'demo' },
  ],
  [
    { action: 'publish', channel: 'demo', data: 'a\r\nb', key: 'k' },
    { action: 'publish', publication: { channel: 'demo', type: 'message', data: 'a\nb', key: 'k' } },
  ],
  [
    { action: 'publish', channel: 'demo', data: 'AA==', encoding: 'base64' },
    { action: 'publish', publication: { channel: 'demo', type: 'message', data: 'AA==', encoding: 'base64' } },
  ],
  [
    { action: 'publish', channel: 'demo', events: [{ data: 'a' }, { type: 't', data: 'b' }], key: 'k' },
    {
      action: 'publish',
      publication: {
        channel: 'demo',
        events: [
          { type: 'message', data: 'a' },
          { type: 't', data: 'b' },
        ],
        key: 'k',
      },
    },
  ],
  [
    { action: 'ping', later: 'fields are left alone' },
    { action: 'ping', heads: false, presenceStates: new Map() },
  ],
  [
    { action: 'ping', heads: true },
    { action: 'ping', heads: true, presenceStates: new Map() },
  ],
  [
    { action: 'ping', presenceStates: { demo: '' } },
    { action: 'ping', heads: false, presenceStates: new Map([['demo', '']]) },
  ],
])('%j', (frame, command) => {
  expect(parse(JSON.stringify(frame))).toEqual(command);
});

test('the longest request id is accepted', () => {
  expect(parseRequestId({ requestId: 'x'.repeat(128) })).toBe('x'.repeat(128));
});

test.each([
  ['nothing', '', 'invalid_frame', '""'],
  ['broken JSON', '{"action":', 'invalid_frame', '{\\"action\\":'],
  ['text that is no JSON', 'hello', 'invalid_frame', '"hello"'],
  ['a number', '5', 'invalid_frame', '5 is not a JSON object'],
  ['null', 'null', 'invalid_frame', 'null is not a JSON object'],
  ['a list', '[{"action":"ping"}]', 'invalid_frame', 'not a JSON object'],
  ['no action', '{}', 'unknown_action', 'subscribe, unsubscribe, publish, history, ping'],
  [
    'an unknown action',
    '{"action":"jump"}',
    'unknown_action',
    '"jump" is not known: expected one of subscribe, unsubscribe, publish, history, ping',
  ],
  ['an action that is no text', '{"action":5}', 'unknown_action', 'action 5'],
  ['an action from the prototype', '{"action":"toString"}', 'unknown_action', '"toString"'],
  ['a request id that is no text', '{"action":"ping","requestId":5}', 'invalid_frame', 'requestId 5'],
  ['a request id too long', `{"action":"ping","requestId":"${'x'.repeat(129)}"}`, 'invalid_frame', '128'],
  ['subscribe without a channel', '{"action":"subscribe"}', 'invalid_channel', 'undefined'],
  ['subscribe to a bad channel', '{"action":"subscribe","channel":"a b"}', 'invalid_channel', '"a b"'],
  ['subscribe to a channel that is no text', '{"action":"subscribe","channel":["a"]}', 'invalid_channel', '["a"]'],
  ['subscribe after a bad cursor', '{"action":"subscribe","channel":"a","after":"x"}', 'invalid_cursor', '"x"'],
  ['subscribe after an empty cursor', '{"action":"subscribe","channel":"a","after":""}', 'invalid_cursor', '""'],
  ['subscribe after what is no text', '{"action":"subscribe","channel":"a","after":5}', 'invalid_frame', 'not 5'],
  [
    'history before what is no text',
    '{"action":"history","channel":"a","before":5}',
    'invalid_frame',
    'before must be a cursor in text form, not 5',
  ],
  ['history before another channel', '{"action":"history","channel":"a","before":"b=k3f9.7"}', 'invalid_cursor', 'b=k3f9.7'],
  ['no last event', '{"action":"subscribe","channel":"a","last":0}', 'invalid_frame', '1 to 500, not 0'],
  ['too many last events', '{"action":"history","channel":"a","last":501}', 'invalid_frame', '1 to 500, not 501'],
  ['subscribe after null', '{"action":"subscribe","channel":"a","after":null}', 'invalid_frame', 'not null'],
  [
    'subscribe with a batch that is no truth',
    '{"action":"subscribe","channel":"a","batch":1}',
    'invalid_frame',
    'batch must be true or false, not 1',
  ],
  ['ping with heads that are no truth', '{"action":"ping","heads":["a"]}', 'invalid_frame', 'heads must be true or false, not ["a"]'],
  ['ping with heads that are null', '{"action":"ping","heads":null}', 'invalid_frame', 'not null'],
  ['unsubscribe from a bad channel', '{"action":"unsubscribe","channel":""}', 'invalid_channel', '""'],
  ['publish to a bad channel', '{"action":"publish","channel":"é","data":""}', 'invalid_channel', 'é'],
  ['publish without data', '{"action":"publish","channel":"a"}', 'invalid_data', 'undefined'],
  ['publish of data that is no text', '{"action":"publish","channel":"a","data":{"x":1}}', 'invalid_data', '{"x":1}'],
  ['publish of a lone surrogate', '{"action":"publish","channel":"a","data":"\\ud800"}', 'invalid_data', 'surrogate'],
  ['publish of too much', `{"action":"publish","channel":"a","data":"${'x'.repeat(98_305)}"}`, 'data_too_large', '98305'],
  ['publish of a bad type', '{"action":"publish","channel":"a","data":"","type":"a b"}', 'invalid_type', '"a b"'],
  ['publish of a reserved type', '{"action":"publish","channel":"a","data":"","type":"reset"}', 'invalid_type', '"reset"'],
  ['publish with a bad key', '{"action":"publish","channel":"a","data":"","key":""}', 'invalid_key', '""'],
])('%s: an error that names the bad value', (_, body, code, named) => {
  expect(() => parse(body)).toThrow(InvalidInputError);
  expect(() => parse(body)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(named) }));
});

test('any text is a command or an InvalidInputError', () => {
  const field = fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'publish', 'ping', 'demo', 'k3f9.1'), fc.jsonValue());
  const frame = fc.record(
    { action: field, channel: field, after: field, batch: field, heads: field, type: field, data: field, key: field, requestId: field },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        frame.map((fields) => JSON.stringify(fields)),
      ),
      (body) => {
        try {
          parse(body);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      },
    ),
    { numRuns: 500 },
  );
});
