import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS_ENV, LOG_ENV, LOG_TABLE, PUBLISH_ENV, TELEMETRY_ENV } from '../../backbone/contract.ts';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { TABLES, WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import { Issuer } from '../../local/issuer/issuer.ts';
import { startTestTables, type TestTables } from '../support/tables.ts';
import { type Bundles, bundleEntries } from './support/bundle.ts';
import { type FakeService, startFakeService } from './support/fake-aws.ts';
import { invokeBundle } from './support/invoke.ts';
import { notified } from './websocket/support/fan-out.ts';

const log = [LOG_ENV.table, LOG_ENV.retentionMs, LOG_ENV.graceMs];
const publish = [PUBLISH_ENV.topicArn, PUBLISH_ENV.publishTimeoutMs];
// lane: websocket
const store = [
  WEBSOCKET_ENV.connectionsTable,
  WEBSOCKET_ENV.subscriptionsTable,
  WEBSOCKET_ENV.principalsTable,
  WEBSOCKET_ENV.connectionTtlMs,
];
// end lane
// lane: websocket
const access = [ACCESS_ENV.issuer, ACCESS_ENV.audience, ACCESS_ENV.jwksUri, ACCESS_ENV.queryToken, ACCESS_ENV.origins];
const queues = [WEBSOCKET_ENV.deliveryQueueUrl, WEBSOCKET_ENV.deadLetterQueueUrl];
// end lane

/** Every entry file, and the keys of the environment that it needs. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  'lambda/backbone/publish.ts': [...log, ...publish],
  // lane: websocket
  'lambda/websocket/connect.ts': [
    TELEMETRY_ENV.stack,
    ...store,
    ...access,
    WEBSOCKET_ENV.maxConnectionsPerPrincipal,
    WEBSOCKET_ENV.maxAnswersPerSecond,
  ],
  'lambda/websocket/disconnect.ts': store,
  'lambda/websocket/frame.ts': [
    TELEMETRY_ENV.stack,
    ...log,
    ...publish,
    ...store,
    WEBSOCKET_ENV.managementEndpoint,
    WEBSOCKET_ENV.maxPublishesPerSecond,
    WEBSOCKET_ENV.maxAnswersPerSecond,
    WEBSOCKET_ENV.maxReplaysPerPrincipal,
    WEBSOCKET_ENV.replayQueueUrl,
  ],
  'lambda/websocket/replay-turns.ts': [
    TELEMETRY_ENV.stack,
    ...log,
    ...store,
    WEBSOCKET_ENV.managementEndpoint,
    WEBSOCKET_ENV.maxReplaysPerPrincipal,
    WEBSOCKET_ENV.maxReplayPostsPerSecond,
    WEBSOCKET_ENV.replayQueueUrl,
  ],
  'lambda/websocket/fan-out.ts': [
    TELEMETRY_ENV.stack,
    ...store,
    ...queues,
    WEBSOCKET_ENV.managementEndpoint,
    WEBSOCKET_ENV.postConcurrency,
  ],
  'lambda/websocket/expire-connections.ts': [TELEMETRY_ENV.stack, ...store, WEBSOCKET_ENV.managementEndpoint],
  'lambda/websocket/sweep-connections.ts': [
    TELEMETRY_ENV.stack,
    ...store,
    WEBSOCKET_ENV.managementEndpoint,
    WEBSOCKET_ENV.sweepConnections,
  ],
  // end lane
  // lane: sse
  'lambda/sse/task-stopped.ts': [PUBLISH_ENV.topicArn, TASK_QUEUE_ENV.queuePrefix],
  'lambda/sse/sweep.ts': [TELEMETRY_ENV.stack, PUBLISH_ENV.topicArn, TASK_QUEUE_ENV.queuePrefix, TASK_QUEUE_ENV.clusterArn],
  // end lane
};

/** A function starts faster the less it loads. Measured in 2026-11: 0.26 to 0.36 MB with their names kept, 22 kB of it Powertools' logger. */
const MAX_LOADED_BYTES = 375_000;

/** Entries that may load more. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  // lane: websocket
  // Only the fan-out posts enough for undici's pool to be worth its 0.29 MB. Measured in 2026-11: 0.63 MB.
  'lambda/websocket/fan-out.ts': 650_000,
  // It publishes, posts, and leaves replays to a queue: clients of three services beside DynamoDB's. Measured in 2026-11: 0.38 MB.
  'lambda/websocket/frame.ts': 390_000,
  // end lane
};

let bundles: Bundles;
let tables: TestTables;
let gateway: FakeService;
let topic: FakeService;
let sqs: FakeService;
let keys: FakeService;
let issuer: Issuer;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  bundles = bundleEntries(Object.keys(ENTRIES));
  tables = await startTestTables();
  gateway = await startFakeService();
  topic = await startFakeService({ body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>' });
  // The SDK compares what it has sent with what has arrived.
  sqs = await startFakeService({
    body: (request) => JSON.stringify({ MD5OfMessageBody: createHash('md5').update(JSON.parse(request).MessageBody).digest('hex') }),
  });
  issuer = await Issuer.create('https://issuer.example.com/issuer', 'lanes');
  keys = await startFakeService({ body: issuer.keySet });
  env = {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: await endpointOf(tables),
    AWS_ENDPOINT_URL_SNS: topic.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    [TELEMETRY_ENV.stack]: 'LanesTest',
    [LOG_ENV.table]: await tables.create(LOG_TABLE),
    [LOG_ENV.retentionMs]: '3600000',
    [LOG_ENV.graceMs]: '5000',
    [PUBLISH_ENV.topicArn]: 'arn:aws:sns:us-east-1:123456789012:lanes',
    [PUBLISH_ENV.publishTimeoutMs]: '2000',
    [WEBSOCKET_ENV.connectionsTable]: await tables.create(TABLES.connections),
    [WEBSOCKET_ENV.subscriptionsTable]: await tables.create(TABLES.subscriptions),
    [WEBSOCKET_ENV.principalsTable]: await tables.create(TABLES.principals),
    [WEBSOCKET_ENV.maxConnectionsPerPrincipal]: '100',
    [WEBSOCKET_ENV.maxPublishesPerSecond]: '100',
    [WEBSOCKET_ENV.maxAnswersPerSecond]: '100',
    [WEBSOCKET_ENV.maxReplaysPerPrincipal]: '8',
    [WEBSOCKET_ENV.maxReplayPostsPerSecond]: '100',
    [WEBSOCKET_ENV.replayQueueUrl]: `${sqs.endpoint}/123456789012/replays`,
    [WEBSOCKET_ENV.connectionTtlMs]: '7800000',
    [WEBSOCKET_ENV.managementEndpoint]: `${gateway.endpoint}/dev`,
    [WEBSOCKET_ENV.deliveryQueueUrl]: `${sqs.endpoint}/123456789012/deliveries`,
    [WEBSOCKET_ENV.deadLetterQueueUrl]: `${sqs.endpoint}/123456789012/dead`,
    [WEBSOCKET_ENV.postConcurrency]: '10',
    [WEBSOCKET_ENV.sweepConnections]: '1000',
    [ACCESS_ENV.issuer]: issuer.url,
    [ACCESS_ENV.audience]: 'lanes',
    [ACCESS_ENV.jwksUri]: keys.endpoint,
    [ACCESS_ENV.queryToken]: 'off',
    [ACCESS_ENV.origins]: '',
    [TASK_QUEUE_ENV.queuePrefix]: 'lanes-',
    [TASK_QUEUE_ENV.clusterArn]: 'arn:aws:ecs:us-east-1:123456789012:cluster/lanes',
  };
});

afterAll(async () => {
  await Promise.all([tables.stop(), gateway.stop(), topic.stop(), sqs.stop(), keys.stop()]);
  bundles.remove();
});

async function endpointOf({ client }: TestTables): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) throw new TypeError('the client of the test tables has no endpoint');
  return `${endpoint.protocol}//${endpoint.hostname}:${endpoint.port}`;
}

const invoke = async (entry: string, ...events: unknown[]) => {
  const { results, output } = await invokeBundle(bundles.file(entry), env, events);
  return {
    results,
    lines: output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  };
};

// lane: websocket
const connectEvent = (connectionId: string) => ({
  requestContext: { connectionId },
  headers: { Authorization: `Bearer ${issuer.issue()}` },
});
const connect = (connectionId: string) => invoke('lambda/websocket/connect.ts', connectEvent(connectionId));
const frame = (connectionId: string, body: object) =>
  invoke('lambda/websocket/frame.ts', { requestContext: { connectionId }, body: JSON.stringify(body) });
const postedTo = (connectionId: string) =>
  gateway.requests
    .filter(({ method, path }) => method === 'POST' && path === `/dev/@connections/${connectionId}`)
    .map(({ body }) => JSON.parse(body));
// end lane

describe.each(Object.entries(ENTRIES))('%s', (entry, keys) => {
  test('names every key that its environment lacks, and needs no other', async () => {
    const { results } = await invokeBundle(bundles.file(entry), { AWS_REGION: 'us-east-1' }, []);
    const { error } = results[0] ?? {};
    expect(error?.name).toBe('InvalidEnvironmentError');
    expect([...new Set(error?.message.match(/(LANES|AWS|POWERTOOLS)_[A-Z_]+/g))].sort()).toEqual([...keys].sort());
  });

  test('loads as one ES module, with its environment', async () => {
    expect((await invoke(entry)).results).toEqual([]);
  });

  test('loads little', () => {
    expect(bundles.loadedBytes(entry)).toBeLessThan(MAX_BYTES[entry] ?? MAX_LOADED_BYTES);
  });
});

// lane: websocket
test('a connection that connected may subscribe, and is answered over the management endpoint', async () => {
  await connect('c1');
  const { results } = await frame('c1', { action: 'subscribe', channel: 'one' });
  expect(results).toEqual([{ value: { statusCode: 200 } }]);
  expect(postedTo('c1')).toEqual([{ kind: 'subscribed', channel: 'one', id: '0.0' }]);
});
// end lane

// lane: websocket
test('what the SDK loads only when it is needed is in the bundle', async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...withoutCredentials } = env;
  const event = connectEvent('c1');
  const nowhere = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };
  const { results } = await invokeBundle(bundles.file('lambda/websocket/connect.ts'), { ...withoutCredentials, ...nowhere }, [event]);
  expect(results).toEqual([{ error: { name: 'CredentialsProviderError', message: expect.any(String) } }]);
});
// end lane

// lane: websocket
test('a frame without a body is answered with an error', async () => {
  await connect('c2');
  await invoke('lambda/websocket/frame.ts', { requestContext: { connectionId: 'c2' } });
  expect(postedTo('c2')).toEqual([expect.objectContaining({ kind: 'error', code: 'invalid_frame' })]);
});
// end lane

// lane: websocket
test('a connection that disconnected may not subscribe', async () => {
  await connect('c3');
  await invoke('lambda/websocket/disconnect.ts', { requestContext: { connectionId: 'c3' } });
  await frame('c3', { action: 'subscribe', channel: 'one' });
  expect(postedTo('c3')).toEqual([expect.objectContaining({ code: 'connection_unknown' })]);
});
// end lane

test('a publication is answered and notified, once for a redelivered EventBridge event', async () => {
  const event = {
    id: 'e-1',
    'detail-type': 'lanes.publish',
    account: '111122223333',
    source: 'shop',
    detail: { channel: 'two', data: 'hello' },
  };
  const { results } = await invoke('lambda/backbone/publish.ts', event, event);
  const answer = { channel: 'two', id: expect.stringMatching(/^[a-z0-9]+\.1$/), publishedAt: expect.any(String) };
  expect(results).toEqual([{ value: answer }, { value: answer }]);
  const notifications = topic.requests.map(({ body }) => JSON.parse(new URLSearchParams(body).get('Message') ?? '{}'));
  expect(notifications.filter(({ channel }) => channel === 'two')).toHaveLength(1);
});

test('a publication that is not valid fails by name', async () => {
  const { results } = await invoke('lambda/backbone/publish.ts', { channel: 'a b', data: '' });
  expect(results).toEqual([{ error: { name: 'InvalidInputError', message: expect.stringContaining('"a b"') } }]);
});

test('a log line says which service and which invocation it is about', async () => {
  const event = { channel: 'followed', data: 'hello' };
  const { lines } = await invoke('lambda/backbone/publish.ts', event);
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

// lane: websocket
test('the fan-out posts to subscribers, gives malformed messages back, and counts', async () => {
  await connect('c4');
  await frame('c4', { action: 'subscribe', channel: 'three' });
  const Records = [notified(7, 'three'), { messageId: 'bad', body: 'hello' }];
  const { results, lines } = await invoke('lambda/websocket/fan-out.ts', { Records });
  expect(results).toEqual([{ value: { batchItemFailures: [{ itemIdentifier: 'bad' }] } }]);
  expect(postedTo('c4')).toContainEqual(expect.objectContaining({ kind: 'event', id: 'e.7', data: 'three-7' }));
  expect(lines).toContainEqual(
    expect.objectContaining({ stack: 'LanesTest', lane: 'websocket', Deliveries: 1, GoneConnections: 0, Throttled: 0, Undeliverable: 0 }),
  );
});
// end lane

// lane: websocket
test('what a client has missed is left to the queue, whose turn posts it', async () => {
  await connect('c5');
  for (let n = 0; n < 12; n++) await invoke('lambda/backbone/publish.ts', { channel: 'missed', data: `${n}` });
  const [{ value } = {}] = (await invoke('lambda/backbone/publish.ts', { channel: 'missed', data: 'last' })).results;
  const [epoch] = (value as { readonly id: string }).id.split('.');
  await frame('c5', { action: 'subscribe', channel: 'missed', after: `${epoch}.0` });
  const queued = sqs.requests.map(({ body }) => JSON.parse(body)).find(({ QueueUrl }) => QueueUrl.endsWith('/replays'));

  const { results } = await invoke('lambda/websocket/replay-turns.ts', {
    Records: [
      { messageId: 'turn', body: queued.MessageBody },
      { messageId: 'bad', body: 'hello' },
    ],
  });

  expect(results).toEqual([{ value: { batchItemFailures: [{ itemIdentifier: 'bad' }] } }]);
  expect(postedTo('c5').map(({ kind }) => kind)).toEqual(['subscribed', ...Array.from({ length: 13 }, () => 'event'), 'caughtUp']);
});
// end lane
