import { expect, test } from '@jest/globals';
import { InvalidInputError } from '../../../backbone/domain/invalid-input.ts';
import { toPublication } from '../../../lambda/backbone/publication-request.ts';

const busEvent = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'lanes.publish',
  source: 'shop',
  detail: { channel: 'orders', data: 'new' },
};

test('a direct invocation is the publication itself', () => {
  expect(toPublication({ channel: 'orders', type: 'created', data: 'new', key: 'k1' })).toEqual({
    channel: 'orders',
    type: 'created',
    data: 'new',
    key: 'k1',
  });
});

test('a direct invocation without a key has none', () => {
  expect(toPublication({ channel: 'orders', data: 'new' })).toEqual({ channel: 'orders', type: 'message', data: 'new' });
});

test('an EventBridge event publishes its detail under a key made of its id', () => {
  expect(toPublication(busEvent)).toEqual({ channel: 'orders', type: 'message', data: 'new', key: `eventbridge:${busEvent.id}` });
});

test('a key in the detail wins over the id of the event', () => {
  expect(toPublication({ ...busEvent, detail: { ...busEvent.detail, key: 'k1' } }).key).toBe('k1');
});

test.each([
  ['nothing', undefined, 'invalid_body', 'undefined'],
  ['text', 'hello', 'invalid_body', '"hello"'],
  ['a list', [], 'invalid_body', '[]'],
  ['a bad channel', { channel: 'a b', data: '' }, 'invalid_channel', '"a b"'],
  ['data that is no text', { channel: 'a', data: 5 }, 'invalid_data', '5'],
  ['another detail type', { ...busEvent, 'detail-type': 'order.created' }, 'invalid_body', '"order.created"'],
  ['a detail that is no object', { ...busEvent, detail: 'x' }, 'invalid_body', 'detail'],
  ['an event without id', { ...busEvent, id: undefined }, 'invalid_body', 'id'],
  ['a detail with a bad key', { ...busEvent, detail: { ...busEvent.detail, key: 'a b' } }, 'invalid_key', '"a b"'],
])('refuses %s and names it', (_, invocation, code, named) => {
  const parse = () => toPublication(invocation);
  expect(parse).toThrow(InvalidInputError);
  expect(parse).toThrow(expect.objectContaining({ code, message: expect.stringContaining(named) }));
});
