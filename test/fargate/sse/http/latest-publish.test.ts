import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { TooManyKeysError } from '../../../../backbone/domain/latest-publication.ts';
import { formatVersion } from '../../../../packages/protocol/version.ts';
import { HttpWorld } from '../support/http-world.ts';

const CHANNEL = 'latest.demo';

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld({ hub: { kindOf: kindsBy([{ match: 'latest.*', kind: 'latest' }]) } }).listen();
});

afterEach(() => world.close());

test('a publication is answered with its version, stored and announced', async () => {
  const response = await world.post(CHANNEL, { conflationKey: 'x', type: 'price', data: '17' }, { 'Idempotency-Key': 'k' });
  expect(response.status).toBe(201);
  const [stored] = await world.latest.read(CHANNEL);
  if (stored === undefined) throw new Error('nothing is stored');
  expect(stored).toMatchObject({ channel: CHANNEL, key: 'x', type: 'price', data: '17' });
  expect(await response.json()).toEqual({
    channel: CHANNEL,
    conflationKey: 'x',
    version: formatVersion(stored.version),
    publishedAt: new Date(stored.publishedAtMs).toISOString(),
  });
  expect(world.bus.latest).toEqual([[stored]]);
  expect([world.bus.notified, await world.log.head(CHANNEL)]).toEqual([[], undefined]);
});

test('an idempotency key has no effect', async () => {
  const headers = { 'Idempotency-Key': 'k' };
  const versions = [];
  for (const data of ['1', '2']) versions.push((await (await world.post(CHANNEL, { conflationKey: 'x', data }, headers)).json()).version);
  expect(versions.map((version) => version.split('.')[1])).toEqual(['1', '2']);
});

test('a removal has a version too', async () => {
  await world.post(CHANNEL, { conflationKey: 'x', data: '1' });
  const response = await world.post(CHANNEL, { conflationKey: 'x', removed: true });
  expect([response.status, (await response.json()).version.split('.')[1]]).toEqual([201, '2']);
  expect(await world.latest.read(CHANNEL)).toMatchObject([{ removed: true }]);
});

test.each([
  [{ data: '' }, 400, 'invalid_body', 'conflationKey is missing'],
  [{ conflationKey: 'x', data: 'x'.repeat(4_097) }, 413, 'data_too_large', '4096'],
  [{ conflationKey: 'x', removed: true, data: '' }, 400, 'invalid_body', 'no data'],
])('%j is refused', async (body, status, code, detail) => {
  const response = await world.post(CHANNEL, body);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code, detail: expect.stringContaining(detail) });
  expect(await world.latest.read(CHANNEL)).toEqual([]);
});

test('a key is refused on a channel of another kind', async () => {
  const response = await world.post('orders', { conflationKey: 'x', data: '' });
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'invalid_body' })]);
});

test('one key too many is a conflict that names the channel and the limit', async () => {
  world.latest.put = (event) => Promise.reject(new TooManyKeysError(event));
  const response = await world.post(CHANNEL, { conflationKey: 'x', data: '' });
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: 'too_many_keys', detail: expect.stringMatching(/latest\.demo.*at most 1000 keys/) });
});

test('a store that fails is no fault of the request', async () => {
  world.latest.put = () => Promise.reject(new Error('throttled'));
  const response = await world.post(CHANNEL, { conflationKey: 'x', data: '' });
  expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
});

test('a batch is answered event by event, and has one notification', async () => {
  const events = [
    { conflationKey: 'x', data: '1' },
    { conflationKey: 'y', removed: true },
  ];
  const response = await world.post(CHANNEL, { events });
  expect(response.status).toBe(201);
  const result = (conflationKey: string) => ({ conflationKey, version: expect.any(String), publishedAt: expect.any(String) });
  expect(await response.json()).toEqual({ channel: CHANNEL, events: [result('x'), result('y')] });
  expect(world.bus.latest).toHaveLength(1);
});

test('a batch with an event that is not stored has status 207', async () => {
  const put = world.latest.put.bind(world.latest);
  world.latest.put = (event) => (event.key === 'x' ? Promise.reject(new TooManyKeysError(event)) : put(event));
  const response = await world.post(CHANNEL, {
    events: [
      { conflationKey: 'x', data: '' },
      { conflationKey: 'y', data: '' },
    ],
  });
  expect(response.status).toBe(207);
  expect(await response.json()).toMatchObject({ events: [{ error: { code: 'too_many_keys' } }, { conflationKey: 'y' }] });
});
