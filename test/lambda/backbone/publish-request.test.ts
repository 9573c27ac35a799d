import { expect, test } from '@jest/globals';
import { kindsBy } from '../../../backbone/domain/channel-kind.ts';
import { INVOCATIONS } from '../../../backbone/domain/key-scope.ts';
import { toPublicationRequest as toRequest } from '../../../lambda/backbone/publish-request.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';

const kindOf = kindsBy([{ match: 'latest.*', kind: 'latest' }]);
const toPublicationRequest = (invocation: unknown) => toRequest(invocation, kindOf);

const busEvent = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'lanes.publish',
  account: '111122223333',
  source: 'shop',
  detail: { channel: 'orders', data: 'new' },
};

test('a direct invocation is the publication itself', () => {
  expect(toPublicationRequest({ channel: 'orders', type: 'created', data: 'new', key: 'k1' })).toEqual({
    kind: 'durable',
    publication: { channel: 'orders', type: 'created', data: 'new', key: 'k1' },
    scope: INVOCATIONS,
    isFromBus: false,
  });
});

test('bytes are published as base64, by either', () => {
  const bytes = { channel: 'orders', data: 'AA==', encoding: 'base64' };
  for (const invocation of [bytes, { ...busEvent, detail: bytes }]) {
    expect(toPublicationRequest(invocation).publication).toMatchObject({ data: 'AA==', encoding: 'base64' });
  }
});

test('a direct invocation without a key has none', () => {
  expect(toPublicationRequest({ channel: 'orders', data: 'new' }).publication).toEqual({ channel: 'orders', type: 'message', data: 'new' });
});

test('an EventBridge event publishes its detail under a key derived from its id', () => {
  expect(toPublicationRequest(busEvent).publication).toEqual({
    channel: 'orders',
    type: 'message',
    data: 'new',
    key: `eventbridge:${busEvent.id}`,
  });
});

test('several events are a batch, from either', () => {
  const batch = { channel: 'orders', events: [{ data: 'one' }, { type: 'paid', data: 'two' }] };
  const events = [
    { type: 'message', data: 'one' },
    { type: 'paid', data: 'two' },
  ];
  expect(toPublicationRequest(batch)).toEqual({
    kind: 'durable',
    publication: { channel: 'orders', events },
    scope: INVOCATIONS,
    isFromBus: false,
  });
  expect(toPublicationRequest({ ...busEvent, detail: batch })).toMatchObject({
    publication: { channel: 'orders', events, key: `eventbridge:${busEvent.id}` },
    isFromBus: true,
  });
});

test('a key in the detail wins over the id of the event', () => {
  expect(toPublicationRequest({ ...busEvent, detail: { ...busEvent.detail, key: 'k1' } }).publication).toMatchObject({ key: 'k1' });
});

test('what is published on a latest channel has a key, or removes one, from either', () => {
  const detail = { channel: 'latest.a', conflationKey: 'x', data: '1' };
  const value = { type: 'message', data: '1' };
  expect(toPublicationRequest(detail)).toMatchObject({ kind: 'latest', publication: { channel: 'latest.a', key: 'x', value } });
  expect(toPublicationRequest({ ...busEvent, detail })).toMatchObject({
    kind: 'latest',
    publication: { key: 'x', value },
    isFromBus: true,
  });
  const removal = { channel: 'latest.a', conflationKey: 'x', removed: true };
  expect(toPublicationRequest(removal)).toMatchObject({ publication: { key: 'x', value: 'removed' } });
  expect(() => toPublicationRequest({ channel: 'latest.a', data: '1' })).toThrow('conflationKey is missing');
  expect(() => toPublicationRequest({ ...detail, channel: 'orders' })).toThrow('conflationKey is for latest channels');
});

test('the keys of EventBridge events belong to the account and source that sent them, and to no direct caller', () => {
  const scopes = [busEvent, { ...busEvent, source: 'crm' }, { ...busEvent, account: '444455556666' }, busEvent.detail].map(
    (invocation) => toPublicationRequest(invocation).scope,
  );
  expect(new Set(scopes).size).toBe(4);
  expect(toPublicationRequest({ ...busEvent, id: 'another' }).scope).toBe(scopes[0]);
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
  ['a batch with a bad event', { channel: 'a', events: [{ data: 'x' }, { data: 5 }] }, 'invalid_data', 'events[1]'],
  ['a detail with a bad key', { ...busEvent, detail: { ...busEvent.detail, key: 'a b' } }, 'invalid_key', '"a b"'],
])('refuses %s and names it', (_, invocation, code, named) => {
  const parse = () => toPublicationRequest(invocation);
  expect(parse).toThrow(InvalidInputError);
  expect(parse).toThrow(expect.objectContaining({ code, message: expect.stringContaining(named) }));
});
