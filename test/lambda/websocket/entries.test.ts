import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ACCESS_ENV,
  LOG_ENV,
  PRESENCE_ENV,
  PRESENCE_TABLE,
  PUBLISH_ENV,
  SETTINGS_VARIABLE,
  TELEMETRY_ENV,
} from '../../../backbone/contract.ts';
import { accessSettings, logSettings, publishSettings, readSettings } from '../../../backbone/settings.ts';
import { TABLES, WEBSOCKET_ENV } from '../../../lambda/websocket/contract.ts';
import {
  connectionLimits,
  connectionSettings,
  fanOutSettings,
  publishLimits,
  replayLimits,
  replayTurnLimits,
  responseLimits,
  sweepSettings,
} from '../../../lambda/websocket/settings.ts';
import { Issuer } from '../../../packages/assembly-local/issuer/issuer.ts';
import { type Entry, type EntryWorld, entryContract, startEntryWorld } from '../support/entry-world.ts';
import { type FakeService, startFakeService } from '../support/fake-aws.ts';
import { invokeBundle } from '../support/invoke.ts';
import { notified } from './support/fan-out.ts';

const STORE_KEYS = [WEBSOCKET_ENV.connectionsTable, WEBSOCKET_ENV.subscriptionsTable, WEBSOCKET_ENV.principalsTable];
/** Of whoever closes connections. */
const CLOSING_KEYS = [...STORE_KEYS, PRESENCE_ENV.table, PUBLISH_ENV.topicArn];
const CLOSING_SETTINGS = { ...connectionSettings, ...publishSettings };
const ACCESS_KEYS = Object.values(ACCESS_ENV);

const PUBLISH = 'lambda/backbone/publish.ts';
const CONNECT = 'lambda/websocket/connect.ts';
const DISCONNECT = 'lambda/websocket/disconnect.ts';
const FRAME = 'lambda/websocket/frame.ts';
const REPLAY_TURNS = 'lambda/websocket/replay-turns.ts';
const FAN_OUT = 'lambda/websocket/fan-out.ts';
const PRESENCE_CHANGES = 'lambda/websocket/presence-changes.ts';

const ENTRIES: readonly Entry[] = [
  {
    file: CONNECT,
    keys: [TELEMETRY_ENV.stack, ...STORE_KEYS, ...ACCESS_KEYS],
    settings: { ...accessSettings, ...connectionSettings, ...connectionLimits, ...responseLimits },
  },
  { file: DISCONNECT, keys: CLOSING_KEYS, settings: CLOSING_SETTINGS },
  {
    file: FRAME,
    keys: [TELEMETRY_ENV.stack, LOG_ENV.table, ...CLOSING_KEYS, WEBSOCKET_ENV.managementEndpoint, WEBSOCKET_ENV.replayQueueUrl],
    settings: {
      ...logSettings,
      ...readSettings,
      ...publishSettings,
      ...connectionSettings,
      ...publishLimits,
      ...responseLimits,
      ...replayLimits,
    },
    // It publishes, posts, and leaves replays to a queue: clients of three services beside DynamoDB's. Measured in 2026-11: 0.42 MB.
    maxLoadedBytes: 428_000,
  },
  {
    file: REPLAY_TURNS,
    keys: [TELEMETRY_ENV.stack, LOG_ENV.table, ...CLOSING_KEYS, WEBSOCKET_ENV.managementEndpoint, WEBSOCKET_ENV.replayQueueUrl],
    settings: { ...logSettings, ...readSettings, ...CLOSING_SETTINGS, ...replayLimits, ...replayTurnLimits },
    // It tells who is no longer present, when a post finds a connection gone. Measured in 2026-11: 0.39 MB.
    maxLoadedBytes: 393_000,
  },
  {
    file: FAN_OUT,
    keys: [
      TELEMETRY_ENV.stack,
      ...CLOSING_KEYS,
      WEBSOCKET_ENV.deliveryQueueUrl,
      WEBSOCKET_ENV.deadLetterQueueUrl,
      WEBSOCKET_ENV.managementEndpoint,
    ],
    settings: { ...CLOSING_SETTINGS, ...fanOutSettings },
    // Only the fan-out posts enough for undici's pool to be worth its 0.29 MB. Measured in 2026-11: 0.67 MB, since it also tells who is no longer present.
    maxLoadedBytes: 680_000,
  },
  {
    file: PRESENCE_CHANGES,
    keys: [TELEMETRY_ENV.stack, ...CLOSING_KEYS, WEBSOCKET_ENV.managementEndpoint],
    settings: CLOSING_SETTINGS,
    // Undici's pool, as in the fan-out.
    maxLoadedBytes: 680_000,
  },
  {
    file: 'lambda/websocket/expire-connections.ts',
    keys: [TELEMETRY_ENV.stack, ...CLOSING_KEYS, WEBSOCKET_ENV.managementEndpoint],
    settings: CLOSING_SETTINGS,
  },
  {
    file: 'lambda/websocket/sweep-connections.ts',
    keys: [TELEMETRY_ENV.stack, ...CLOSING_KEYS, WEBSOCKET_ENV.managementEndpoint],
    settings: { ...CLOSING_SETTINGS, ...sweepSettings },
  },
];

let world: EntryWorld;
let gateway: FakeService;
let sqs: FakeService;
let keys: FakeService;
let issuer: Issuer;

beforeAll(async () => {
  world = await startEntryWorld([PUBLISH, ...ENTRIES.map(({ file }) => file)]);
  gateway = await startFakeService();
  // The SDK compares what it has sent with what has arrived.
  sqs = await startFakeService({
    body: (request) => JSON.stringify({ MD5OfMessageBody: createHash('md5').update(JSON.parse(request).MessageBody).digest('hex') }),
  });
  issuer = await Issuer.create('https://issuer.example.com/issuer', 'lanes');
  keys = await startFakeService({ body: issuer.keySet });
  Object.assign(world.env, {
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    [WEBSOCKET_ENV.connectionsTable]: await world.tables.create(TABLES.connections),
    [WEBSOCKET_ENV.subscriptionsTable]: await world.tables.create(TABLES.subscriptions),
    [WEBSOCKET_ENV.principalsTable]: await world.tables.create(TABLES.principals),
    [PRESENCE_ENV.table]: await world.tables.create(PRESENCE_TABLE),
    [WEBSOCKET_ENV.replayQueueUrl]: `${sqs.endpoint}/123456789012/replays`,
    [WEBSOCKET_ENV.managementEndpoint]: `${gateway.endpoint}/dev`,
    [WEBSOCKET_ENV.deliveryQueueUrl]: `${sqs.endpoint}/123456789012/deliveries`,
    [WEBSOCKET_ENV.deadLetterQueueUrl]: `${sqs.endpoint}/123456789012/dead`,
    [ACCESS_ENV.issuer]: issuer.url,
    [ACCESS_ENV.audience]: 'lanes',
    [ACCESS_ENV.jwksUri]: keys.endpoint,
    [SETTINGS_VARIABLE]: JSON.stringify({
      ...JSON.parse(world.env[SETTINGS_VARIABLE] ?? ''),
      queryToken: false,
      origins: [],
      connectionTtlMinutes: 130,
      maxConnectionsPerPrincipal: 100,
      maxPublishesPerSecond: 100,
      maxResponsesPerSecond: 100,
      maxReplaysPerPrincipal: 8,
      postsPerSecondPerPrincipal: 100,
      postConcurrency: 10,
      maxConnections: 1_000,
    }),
  });
});

afterAll(() => Promise.all([world.stop(), gateway.stop(), sqs.stop(), keys.stop()]));

const connectEvent = (connectionId: string) => ({
  requestContext: { connectionId },
  headers: { Authorization: `Bearer ${issuer.issue()}` },
});
const connect = (connectionId: string) => world.invoke(CONNECT, connectEvent(connectionId));
const frame = (connectionId: string, body: object) => world.invoke(FRAME, { requestContext: { connectionId }, body: JSON.stringify(body) });
const postedTo = (connectionId: string) =>
  gateway.requests
    .filter(({ method, path }) => method === 'POST' && path === `/dev/@connections/${connectionId}`)
    .map(({ body }) => JSON.parse(body));

entryContract(ENTRIES, () => world);

test('a connection that connected may subscribe, and is answered over the management endpoint', async () => {
  await connect('c1');
  const { results } = await frame('c1', { action: 'subscribe', channel: 'one' });
  expect(results).toEqual([{ value: { statusCode: 200 } }]);
  expect(postedTo('c1')).toEqual([{ kind: 'subscribed', channel: 'one', id: '0.0' }]);
});

test('what the SDK loads on demand is in the bundle', async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...withoutCredentials } = world.env;
  const event = connectEvent('c1');
  const nowhere = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };
  const { results } = await invokeBundle(world.file(CONNECT), { ...withoutCredentials, ...nowhere }, [event]);
  expect(results).toEqual([{ error: { name: 'CredentialsProviderError', message: expect.any(String) } }]);
});

test('a frame without a body is answered with an error', async () => {
  await connect('c2');
  await world.invoke(FRAME, { requestContext: { connectionId: 'c2' } });
  expect(postedTo('c2')).toEqual([expect.objectContaining({ kind: 'error', code: 'invalid_frame' })]);
});

test('a connection that disconnected may not subscribe', async () => {
  await connect('c3');
  await world.invoke(DISCONNECT, { requestContext: { connectionId: 'c3' } });
  await frame('c3', { action: 'subscribe', channel: 'one' });
  expect(postedTo('c3')).toEqual([expect.objectContaining({ code: 'connection_unknown' })]);
});

test('the fan-out posts to subscribers, returns malformed messages to the queue, and counts', async () => {
  await connect('c4');
  await frame('c4', { action: 'subscribe', channel: 'three' });
  const Records = [notified(7, 'three'), { messageId: 'bad', body: 'hello' }];
  const { results, lines } = await world.invoke(FAN_OUT, { Records });
  expect(results).toEqual([{ value: { batchItemFailures: [{ itemIdentifier: 'bad' }] } }]);
  expect(postedTo('c4')).toContainEqual(expect.objectContaining({ kind: 'event', id: 'e.7', data: 'three-7' }));
  expect(lines).toContainEqual(
    expect.objectContaining({ stack: 'LanesTest', lane: 'websocket', Deliveries: 1, GoneConnections: 0, Throttled: 0, Undeliverable: 0 }),
  );
});

test('what a client has missed is left to the queue, whose turn posts it', async () => {
  await connect('c5');
  for (let n = 0; n < 12; n++) await world.invoke(PUBLISH, { channel: 'missed', data: `${n}` });
  const [{ value } = {}] = (await world.invoke(PUBLISH, { channel: 'missed', data: 'last' })).results;
  const [epoch] = (value as { readonly id: string }).id.split('.');
  await frame('c5', { action: 'subscribe', channel: 'missed', after: `${epoch}.0` });
  const queued = sqs.requests.map(({ body }) => JSON.parse(body)).find(({ QueueUrl }) => QueueUrl.endsWith('/replays'));

  const { results } = await world.invoke(REPLAY_TURNS, {
    Records: [
      { messageId: 'turn', body: queued.MessageBody },
      { messageId: 'bad', body: 'hello' },
    ],
  });

  expect(results).toEqual([{ value: { batchItemFailures: [{ itemIdentifier: 'bad' }] } }]);
  expect(postedTo('c5').map(({ kind }) => kind)).toEqual(['subscribed', ...Array.from({ length: 13 }, () => 'event'), 'caughtUp']);
});

test('who is present is told to those who follow the channel, and to nobody once the connection is closed', async () => {
  await connect('c6');
  await frame('c6', { action: 'subscribe', channel: 'room', presence: true });
  const change = JSON.stringify({
    kind: 'presence',
    channel: 'room',
    owner: 'o',
    changes: [{ member: 'ann', connections: 1, version: 1 }],
  });
  const Records = [
    { messageId: 'ann', body: change },
    { messageId: 'bad', body: 'hello' },
  ];
  const { results } = await world.invoke(PRESENCE_CHANGES, { Records });
  expect(results).toEqual([{ value: { batchItemFailures: [{ itemIdentifier: 'bad' }] } }]);
  const posted = postedTo('c6').slice(1);
  expect(posted).toMatchObject([
    { kind: 'presence', snapshot: true },
    { kind: 'presence', changes: [{ id: 'ann', connections: 0 }] },
  ]);
  await world.invoke(DISCONNECT, { requestContext: { connectionId: 'c6' } });
  await world.invoke(PRESENCE_CHANGES, { Records });
  expect(postedTo('c6')).toHaveLength(3);
});
