import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LOG_ENV, PUBLISH_ENV } from '../../../backbone/contract.ts';
import { logSettings, publishSettings } from '../../../backbone/settings.ts';
import { type EntryWorld, entryContract, startEntryWorld } from '../support/entry-world.ts';

const PUBLISH = 'lambda/backbone/publish.ts';

let world: EntryWorld;

beforeAll(async () => {
  world = await startEntryWorld([PUBLISH]);
});

afterAll(() => world.stop());

entryContract(
  [{ file: PUBLISH, keys: [LOG_ENV.table, PUBLISH_ENV.topicArn], settings: { ...logSettings, ...publishSettings } }],
  () => world,
);

test('a publication is answered and notified, once for a redelivered EventBridge event', async () => {
  const event = {
    id: 'e-1',
    'detail-type': 'lanes.publish',
    account: '111122223333',
    source: 'shop',
    detail: { channel: 'two', data: 'hello' },
  };
  const { results } = await world.invoke(PUBLISH, event, event);
  const answer = { channel: 'two', id: expect.stringMatching(/^[a-z0-9]+\.1$/), publishedAt: expect.any(String) };
  expect(results).toEqual([{ value: answer }, { value: answer }]);
  const notifications = world.topic.requests.map(({ body }) => JSON.parse(new URLSearchParams(body).get('Message') ?? '{}'));
  expect(notifications.filter(({ channel }) => channel === 'two')).toHaveLength(1);
});

test('a batch is answered by event and notified once', async () => {
  const batch = { channel: 'batch', events: [{ data: 'one' }, { data: 'two' }], key: 'k1' };
  const { results } = await world.invoke(PUBLISH, batch, batch);
  const result = (seq: number) => ({ id: expect.stringMatching(new RegExp(`^[a-z0-9]+\\.${seq}$`)), publishedAt: expect.any(String) });
  const answer = { channel: 'batch', events: [result(1), result(2)] };
  expect(results).toEqual([{ value: answer }, { value: answer }]);
  const notifications = world.topic.requests.map(({ body }) => JSON.parse(new URLSearchParams(body).get('Message') ?? '{}'));
  expect(notifications.filter(({ channel }) => channel === 'batch')).toMatchObject([{ events: [{ data: 'one' }, { data: 'two' }] }]);
});

test('an event of a latest channel is answered with its version, and notified', async () => {
  const events = [
    { channel: 'latest.a', conflationKey: 'x', data: '1' },
    { channel: 'latest.a', events: [{ conflationKey: 'x', removed: true }] },
  ];
  const { results } = await world.invoke(PUBLISH, ...events);
  const result = (count: number) => ({
    conflationKey: 'x',
    version: expect.stringMatching(new RegExp(`^[a-z0-9]+\\.${count}$`)),
    publishedAt: expect.any(String),
  });
  expect(results).toEqual([{ value: { channel: 'latest.a', ...result(1) } }, { value: { channel: 'latest.a', events: [result(2)] } }]);
  const notifications = world.topic.requests.map(({ body }) => JSON.parse(new URLSearchParams(body).get('Message') ?? '{}'));
  expect(notifications.filter(({ channel }) => channel === 'latest.a')).toMatchObject([
    { kind: 'latest', entries: [{ key: 'x', data: '1' }] },
    { kind: 'latest', entries: [{ key: 'x', removed: true }] },
  ]);
});

test('an invalid publication fails by name', async () => {
  const { results } = await world.invoke(PUBLISH, { channel: 'a b', data: '' });
  expect(results).toEqual([{ error: { name: 'InvalidInputError', message: expect.stringContaining('"a b"') } }]);
});

test('a log line names its service and invocation', async () => {
  const { lines } = await world.invoke(PUBLISH, { channel: 'followed', data: 'hello' });
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'INFO',
      service: 'LanesTest',
      lane: 'backbone',
      channel: 'followed',
      function_name: 'fn',
      function_request_id: 'r1',
      cold_start: true,
    }),
  ]);
});
