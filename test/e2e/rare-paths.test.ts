import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import { SSE_ENV, SUBSCRIPTION_TAG } from '../../fargate/sse/contract.ts';
import { WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import type { Queue } from '../../local/queues/queue.ts';
import { freshChannel, openSse, subscribeSocket } from './support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, startInProcess, until } from './support/in-process.ts';

// lane: sse
/** Above what the sweeps leave alone as too young. */
const AGE_MS = 20 * 60_000;
/** Shorter than a stage has it, so that a test need not wait. */
const HEAD_CHECK_INTERVAL_MS = 1_000;

const TASKS = 2;
// end lane

// lane: websocket
/** More than any test but the one about it opens. */
const MAX_CONNECTIONS = 4;
// end lane

let world: InProcessRun;
// lane: websocket
let database: DynamoDBDocumentClient;
// end lane
let events: EventBridgeClient;

beforeAll(async () => {
  world = await startInProcess({
    // lane: sse
    tasks: TASKS,
    // end lane
    environment: {
      // lane: websocket
      // Two connections are more than a run of the sweep looks at.
      [WEBSOCKET_ENV.sweepConnections]: '1',
      [WEBSOCKET_ENV.maxConnectionsPerPrincipal]: String(MAX_CONNECTIONS),
      // end lane
      // lane: sse
      [SSE_ENV.headCheckIntervalMs]: String(HEAD_CHECK_INTERVAL_MS),
      // end lane
    },
  });
  const client = clientSettings(world.run.urls.endpoint);
  // lane: websocket
  database = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  // end lane
  events = new EventBridgeClient(client);
}, 60_000);

afterEach(() => {
  // lane: websocket
  world.run.faults.postOutcome = undefined;
  // end lane
  // lane: sse
  world.run.faults.loseTaskStopped = undefined;
  world.run.faults.notification = undefined;
  // end lane
  // lane: websocket
  world.run.faults.loseDisconnect = undefined;
  // end lane
});

afterAll(async () => {
  // lane: websocket
  database.destroy();
  // end lane
  events.destroy();
  await world.run.close();
}, 30_000);

function queueNamed(part: string): Queue {
  const queue = world.run.queues.list().find(({ name }) => name.includes(part));
  if (queue === undefined) throw new Error(`there is no queue ${part}`);
  return queue;
}

// lane: sse
test('an event whose notifications were all lost comes by the comparison of heads', async () => {
  const channel = freshChannel('unnoticed');
  const stream = await openSse(world.run.urls.http, `channel=${channel}`);
  expect(stream.status).toBe(200);
  world.run.faults.notification = () => {};
  await publishByFunction(world.run, channel, 'found');
  expect((await stream.events.count(1)).map(({ data }) => data)).toEqual(['found']);
  stream.close();
}, 60_000);

describe('a task that died before it had noted its subscription at its queue', () => {
  function victim(): { readonly id: string; readonly queue: Queue } {
    const [{ id = '' } = {}] = world.service.tasks;
    const queue = queueNamed(id);
    queue.tags.delete(SUBSCRIPTION_TAG);
    return { id, queue };
  }

  function isLeft({ id, queue }: ReturnType<typeof victim>): boolean {
    const { queues, topics } = world.run;
    const endpoints = topics.topicArns().flatMap((arn) => topics.subscriptions(arn).map(({ endpoint }) => endpoint));
    return queues.list().some(({ name }) => name.endsWith(id)) || endpoints.includes(queue.arn);
  }

  // Tests run in random order, and the others need a whole service.
  afterEach(async () => {
    await until('another task has taken its place', async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(`${world.run.urls.http}/readyz`)));
      return world.service.tasks.length === TASKS && answers.every(({ ok }) => ok);
    });
  }, 30_000);

  test('leaves nothing behind all the same, by the rule on its stop', async () => {
    const lost = victim();
    await world.service.kill(lost.id);
    await until('queue and subscription are gone', () => !isLeft(lost));
  }, 60_000);

  test('leaves nothing behind all the same, by the sweep', async () => {
    world.run.faults.loseTaskStopped = () => true;
    const lost = victim();
    await world.service.kill(lost.id);
    world.run.queues.age(AGE_MS);
    world.run.fireSchedules();
    await until('queue and subscription are gone', () => !isLeft(lost));
  }, 60_000);
});
// end lane

// lane: websocket
test('the sweep of connections notes where it stopped where there are more than it looks at', async () => {
  const channel = freshChannel('many');
  const sockets = await Promise.all(Array.from({ length: 3 }, () => subscribeSocket(world.run.urls.websocket, channel)));
  const used = () => {
    const role = world.run.accessReport().roles.find(({ role: id }) => id.includes('/SweepHandlerRole'));
    return role?.grants.find(({ action }) => action === 'dynamodb:PutItem')?.calls ?? 0;
  };

  world.run.fireSchedules();

  await until('the mark is written', () => used() > 0);
  for (const socket of sockets) socket.close();
}, 60_000);
// end lane

function putEvent(detail: object): Promise<unknown> {
  return events.send(
    new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: PUBLISH_DETAIL_TYPE, Detail: JSON.stringify(detail) }] }),
  );
}

test('an EventBridge event that cannot be published is put aside', async () => {
  await putEvent({ channel: 'not a channel', data: 'x' });
  const aside = queueNamed('PublishDeadLetters');
  await until('it lies in the dead-letter queue', () => aside.bodies().some((body) => body.includes('not a channel')));
}, 60_000);

test('a publication that comes twice with one key is one event', async () => {
  const channel = freshChannel('keyed');
  const first = await publishByFunction(world.run, channel, 'one', 'k');
  expect(await publishByFunction(world.run, channel, 'one', 'k')).toBe(first);
  expect(await publishByFunction(world.run, channel, 'two')).not.toBe(first);
}, 60_000);

// lane: websocket
test('an EventBridge event that comes twice is published once', async () => {
  const channel = freshChannel('twice');
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  await putEvent({ channel, data: 'one', key: 'k' });
  await socket.ofKind('event', 1);
  await putEvent({ channel, data: 'one', key: 'k' });
  await putEvent({ channel, data: 'two' });
  await socket.frames.until((frames) => frames.some((frame) => frame.kind === 'event' && frame.data === 'two'));
  const ids = (await socket.ofKind('event', 2)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
  socket.close();
}, 60_000);
// end lane

// lane: websocket
test('an event that a connection cannot get is put aside', async () => {
  const channel = freshChannel('refused');
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  world.run.faults.postOutcome = () => ({ status: 400, code: 'BadRequestException' });
  await publishByFunction(world.run, channel, 'x');
  const aside = queueNamed('FanOutDeadLetters');
  await until('it lies in the dead-letter queue', () => aside.bodies().some((body) => body.includes(channel)));
  socket.close();
}, 60_000);

test('an event that a connection cannot get yet is tried again later', async () => {
  const channel = freshChannel('busy');
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  world.run.faults.postOutcome = () => ({ status: 429, code: 'LimitExceededException' });
  await publishByFunction(world.run, channel, 'x');
  const later = queueNamed('FanOutDeliveries');
  await until('it waits in the delivery queue', () => later.bodies().some((body) => body.includes(channel)));
  world.run.faults.postOutcome = undefined;
  await socket.ofKind('event', 1, 30_000);
  socket.close();
}, 60_000);

test('a channel that is unsubscribed sends no more', async () => {
  const channel = freshChannel('left');
  const leaves = await subscribeSocket(world.run.urls.websocket, channel);
  const stays = await subscribeSocket(world.run.urls.websocket, channel);
  leaves.send({ action: 'unsubscribe', channel });
  await leaves.ofKind('unsubscribed');
  await publishByFunction(world.run, channel, 'x');
  await stays.ofKind('event');
  expect(leaves.frames.items.filter(({ kind }) => kind === 'event')).toEqual([]);
  for (const socket of [leaves, stays]) socket.close();
}, 60_000);

describe('rows of a connection that is gone without its $disconnect', () => {
  async function rowsOf(channel: string): Promise<number> {
    const { TableNames = [] } = await database.send(new ListTablesCommand({}));
    const TableName = TableNames.find((name) => name.includes('Subscriptions'));
    const { Items = [] } = await database.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items.filter((item) => item['channel'] === channel).length;
  }

  test('go with the frame whose answer finds it gone', async () => {
    const channel = freshChannel('gone');
    const socket = await subscribeSocket(world.run.urls.websocket, channel);
    expect(await rowsOf(channel)).toBe(1);
    world.run.faults.postOutcome = () => ({ status: 410, code: 'GoneException' });
    socket.send({ action: 'subscribe', channel: freshChannel('other') });
    await until('its rows are gone', async () => (await rowsOf(channel)) === 0);
    socket.close();
  }, 60_000);

  test('go when its token has expired', async () => {
    world.run.faults.loseDisconnect = () => true;
    const channel = freshChannel('expired');
    const expiresAtMs = Date.now() + 2_000;
    const token = world.run.issuer.issue({ subscribe: [channel], publish: [], expiresInSeconds: 2 });
    const socket = new WebSocket(world.run.urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
    await once(socket, 'open');
    socket.send(JSON.stringify({ action: 'subscribe', channel }));
    await once(socket, 'message');
    socket.terminate();
    // The end of a token counts in whole seconds.
    await until('the token has expired', () => Date.now() > expiresAtMs + 1_000);
    world.run.fireSchedules();
    await until('its rows are gone', async () => (await rowsOf(channel)) === 0);
  }, 60_000);
});

describe('a principal with all the connections that it may have', () => {
  const connect = async (subject: string): Promise<WebSocket> => {
    const token = world.run.issuer.issue({ subscribe: ['*'], publish: [], subject });
    const socket = new WebSocket(world.run.urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
    await once(socket, 'open');
    return socket;
  };
  const connectAll = (subject: string) => Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => connect(subject)));

  test('is refused one more with 429, while others connect', async () => {
    const sockets = await connectAll('greedy');
    await expect(connect('greedy')).rejects.toThrow('Unexpected server response: 429');
    sockets.push(await connect('modest'));
    for (const socket of sockets) socket.close();
  }, 60_000);

  test('gets in again when one of them is gone', async () => {
    const [first, ...others] = await connectAll('patient');
    first?.close();
    await until('there is room', () =>
      connect('patient').then(
        (socket) => others.push(socket) > 0,
        () => false,
      ),
    );
    for (const socket of others) socket.close();
  }, 60_000);

  test('gets in again when one of them has no row any more, though nobody has counted it out', async () => {
    const sockets = await connectAll('unlucky');
    const { TableNames = [] } = await database.send(new ListTablesCommand({}));
    const TableName = TableNames.find((name) => name.includes('Connections'));
    const { Items = [] } = await database.send(new ScanCommand({ TableName, ConsistentRead: true }));
    const row = Items.find(({ principal }) => principal === 'unlucky');
    // As DynamoDB does when the row's time is over.
    await database.send(new DeleteCommand({ TableName, Key: { connectionId: row?.['connectionId'] } }));

    sockets.push(await connect('unlucky'));
    for (const socket of sockets) socket.close();
  }, 60_000);
});
// end lane
