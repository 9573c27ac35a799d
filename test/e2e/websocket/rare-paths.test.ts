import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import type { ClientFrame } from '../../../packages/protocol/index.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, queueNamed, startInProcess } from '../support/in-process.ts';
import { connectOver } from '../support/transports.ts';
import { subscribeSocket } from './support/sockets.ts';

/** More than any test but the one about it opens, with room for those of earlier tests whose `$disconnect` is still on its way. */
const MAX_CONNECTIONS = 16;

let world: InProcessRun;
let database: DynamoDBDocumentClient;

beforeAll(async () => {
  world = await startInProcess({
    tasks: 1,
    settings: {
      // Two connections are more than a run of the sweep looks at.
      maxConnections: 1,
      maxConnectionsPerPrincipal: MAX_CONNECTIONS,
    },
  });
  database = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(world.run.urls.endpoint)));
}, 60_000);

afterEach(() => {
  world.run.faults.postOutcome = undefined;
  world.run.faults.loseDisconnect = undefined;
  world.run.faults.notification = undefined;
});

afterAll(async () => {
  database.destroy();
  await world.run.close();
}, 30_000);

test('the sweep of connections saves where it stopped if there are more than it examines', async () => {
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

test('an event that a connection cannot get goes to the dead-letter queue', async () => {
  const channel = freshChannel('refused');
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  world.run.faults.postOutcome = () => ({ status: 400, code: 'BadRequestException' });
  await publishByFunction(world.run, channel, 'x');
  const aside = queueNamed(world.run, 'FanOutDeadLetters');
  await until('it lies in the dead-letter queue', () => aside.bodies().some((body) => body.includes(channel)));
  socket.close();
}, 60_000);

test('an event that a connection cannot get yet is tried again later', async () => {
  const channel = freshChannel('busy');
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  world.run.faults.postOutcome = () => ({ status: 429, code: 'LimitExceededException' });
  await publishByFunction(world.run, channel, 'x');
  const later = queueNamed(world.run, 'FanOutDeliveries');
  await until('it waits in the delivery queue', () => later.bodies().some((body) => body.includes(channel)));
  world.run.faults.postOutcome = undefined;
  await socket.ofKind('event', 1, 30_000);
  socket.close();
}, 60_000);

test('an unsubscribed channel sends no more', async () => {
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

test('an event whose notification was lost is found by the ping of the client, which asks again only for its channel', async () => {
  const frames: ClientFrame[] = [];
  class ObservedSocket extends globalThis.WebSocket {
    override send(frame: string): void {
      frames.push(JSON.parse(frame) as ClientFrame);
      super.send(frame);
    }
  }
  const channels = [freshChannel('quiet'), freshChannel('lossy'), freshChannel('silent')] as const;
  const connection = connectOver('websocket', world.run.urls, { WebSocket: ObservedSocket, pingIntervalMs: 500 });
  const got: string[] = [];
  for (const channel of channels) {
    const subscription = connection.subscribe(channel);
    subscription.addEventListener('event', ({ detail }) => got.push(`${detail.channel}: ${detail.data}`));
    await subscription.ready;
  }
  const lost: string[] = [];
  world.run.faults.notification = (_, body) => lost.push(body);

  await publishByFunction(world.run, channels[1], 'x');
  await until('it has come', () => got.length > 0);
  connection.close();

  expect(lost.length).toBeGreaterThan(0);
  expect(got).toEqual([`${channels[1]}: x`]);
  const subscribed = frames.flatMap((frame) => (frame.action === 'subscribe' ? [frame.channel] : []));
  expect(subscribed).toEqual([...channels, channels[1]]);
}, 60_000);

describe('rows of a connection that is gone without its $disconnect', () => {
  async function rowsOf(channel: string): Promise<number> {
    const { TableNames = [] } = await database.send(new ListTablesCommand({}));
    const TableName = TableNames.find((name) => name.includes('Subscriptions'));
    const { Items = [] } = await database.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items.filter((item) => item['channel'] === channel).length;
  }

  test('are deleted when an answer finds it gone', async () => {
    const channel = freshChannel('gone');
    const socket = await subscribeSocket(world.run.urls.websocket, channel);
    expect(await rowsOf(channel)).toBe(1);
    world.run.faults.postOutcome = () => ({ status: 410, code: 'GoneException' });
    socket.send({ action: 'subscribe', channel: freshChannel('other') });
    await until('its rows are gone', async () => (await rowsOf(channel)) === 0);
    socket.close();
  }, 60_000);

  test('are deleted when its token has expired', async () => {
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

describe('a principal at its connection limit', () => {
  const connect = async (subject: string): Promise<WebSocket> => {
    const token = world.run.issuer.issue({ subscribe: ['*'], publish: [], subject });
    const socket = new WebSocket(world.run.urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
    await once(socket, 'open');
    return socket;
  };
  const connectAll = (subject: string) => Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => connect(subject)));

  test('is refused another one with 429, while others connect', async () => {
    const sockets = await connectAll('greedy');
    await expect(connect('greedy')).rejects.toThrow('Unexpected server response: 429');
    sockets.push(await connect('modest'));
    for (const socket of sockets) socket.close();
  }, 60_000);

  test('may connect again when one of them has closed', async () => {
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

  test('may connect again when one of them has no row any more, even if it is still counted', async () => {
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
