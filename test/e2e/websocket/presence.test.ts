import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, startInProcess } from '../support/in-process.ts';
import { type LaneSocket, openSocket } from './support/sockets.ts';

/** Above what the sweep leaves alone as too young. */
const AGE_MS = 20 * 60_000;

let world: InProcessRun;
let database: DynamoDBDocumentClient;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
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

async function rowsIn(table: string) {
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.includes(table));
  const { Items = [] } = await database.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return { TableName, items: Items };
}

/** Who is in the table, on a channel. */
async function present(channel: string): Promise<readonly string[]> {
  const { items } = await rowsIn('Presence');
  return items.filter((item) => item['channel'] === channel).map((item) => String(item['member']));
}

async function connect(subject: string, expiresInSeconds = 3_600): Promise<LaneSocket> {
  const token = world.run.issuer.issue({ subscribe: ['*'], publish: ['*'], subject, expiresInSeconds });
  return openSocket(world.run.urls.websocket, token);
}

async function enter(socket: LaneSocket, channel: string, data = ''): Promise<void> {
  socket.send({ action: 'present', channel, data });
  await socket.ofKind('present');
}

async function follow(channel: string): Promise<LaneSocket> {
  const socket = await connect('follower');
  socket.send({ action: 'subscribe', channel, presence: true });
  await socket.ofKind('presence');
  return socket;
}

/** What a follower makes of what has come: `id connections data`, sorted. */
function membersOf({ frames }: LaneSocket): readonly string[] {
  const members = new Map<string, string>();
  for (const frame of frames.items) {
    if (frame.kind !== 'presence') continue;
    if (frame.snapshot) members.clear();
    for (const { id, connections, data = '' } of frame.changes ?? []) {
      if (connections === 0) members.delete(id);
      else members.set(id, `${id} ${connections} ${data}`.trim());
    }
  }
  return [...members.values()].sort();
}

async function untilMembers(follower: LaneSocket, expected: readonly string[]): Promise<void> {
  await until(`the members are ${expected}`, () => JSON.stringify(membersOf(follower)) === JSON.stringify(expected));
}

test('who comes, changes and leaves is seen by who follows, with subjects of any characters', async () => {
  const channel = freshChannel('room');
  const follower = await follow(channel);
  const [ann, bob] = [await connect('ann@example.com'), await connect('bøb / "2" #é')];
  await enter(ann, channel, 'red');
  await untilMembers(follower, ['ann@example.com 1 red']);
  await enter(bob, channel);
  await untilMembers(follower, ['ann@example.com 1 red', 'bøb / "2" #é 1']);
  ann.send({ action: 'present', channel, data: 'green' });
  await untilMembers(follower, ['ann@example.com 1 green', 'bøb / "2" #é 1']);
  bob.send({ action: 'absent', channel });
  await untilMembers(follower, ['ann@example.com 1 green']);
  ann.close();
  await untilMembers(follower, []);
  for (const socket of [follower, bob]) socket.close();
}, 60_000);

test('a user with three sockets is one member, until the last of them closes', async () => {
  const channel = freshChannel('tabs');
  const follower = await follow(channel);
  const tabs = await Promise.all([1, 2, 3].map(() => connect('ann')));
  for (const tab of tabs) await enter(tab, channel);
  await untilMembers(follower, ['ann 3']);
  tabs[0]?.close();
  await untilMembers(follower, ['ann 2']);
  for (const tab of tabs) tab.close();
  await untilMembers(follower, []);
  follower.close();
}, 60_000);

test('many who come at once make few frames', async () => {
  const channel = freshChannel('crowd');
  const follower = await follow(channel);
  const sockets = await Promise.all(Array.from({ length: 40 }, (_, nth) => connect(`user ${nth}`)));
  await Promise.all(sockets.map((socket) => enter(socket, channel)));
  await until('all are there', () => membersOf(follower).length === sockets.length);
  // The function may have two invocations at once, and the machine may take some seconds for so many frames.
  expect(follower.frames.items.filter(({ kind }) => kind === 'presence').length).toBeLessThan(sockets.length / 2);
  for (const socket of [follower, ...sockets]) socket.close();
}, 60_000);

test('who has lost a notification is told what is so when it pings, and a ping renews the lease', async () => {
  const channel = freshChannel('lossy');
  const follower = await follow(channel);
  const [snapshot] = await follower.ofKind('presence');
  const lost: string[] = [];
  world.run.faults.notification = (_, body) => lost.push(body);
  const ann = await connect('ann');
  await enter(ann, channel);
  await until('the notification is lost', () => lost.length > 0);
  follower.send({ action: 'ping', presenceStates: { [channel]: snapshot?.state ?? '' } });
  await untilMembers(follower, ['ann 1']);

  const { TableName, items } = await rowsIn('Connections');
  const row = items.find(({ principal }) => principal === 'ann');
  await database.send(
    new UpdateCommand({
      TableName,
      Key: { connectionId: row?.['connectionId'] },
      UpdateExpression: 'SET leaseUntil = leaseUntil - :age',
      ExpressionAttributeValues: { ':age': 300_000 },
    }),
  );
  const leaseOf = async () => (await rowsIn('Presence')).items.find((item) => item['channel'] === channel)?.['leaseUntilMs'];
  const before = await leaseOf();
  ann.send({ action: 'ping' });
  await ann.ofKind('pong');
  expect(await leaseOf()).toBeGreaterThan(before);
  for (const socket of [follower, ann]) socket.close();
}, 60_000);

describe('without its $disconnect, a connection is no longer present', () => {
  let channel: string;
  let socket: LaneSocket;

  async function vanish(subject: string, expiresInSeconds?: number): Promise<void> {
    world.run.faults.loseDisconnect = () => true;
    channel = freshChannel('vanished');
    socket = await connect(subject, expiresInSeconds);
    await enter(socket, channel);
    expect(await present(channel)).toEqual([subject]);
  }

  const close = async () => {
    const open = world.run.gateways.flatMap((gateway) => gateway.openConnections).length;
    socket.close();
    await once(socket.socket, 'close');
    await until('the gateway notices', () => world.run.gateways.flatMap((gateway) => gateway.openConnections).length < open);
  };

  const untilAbsent = () => until('it is absent', async () => (await present(channel)).length === 0);

  test('when an event finds it gone', async () => {
    await vanish('by event');
    socket.send({ action: 'subscribe', channel });
    await socket.ofKind('subscribed');
    await close();
    await publishByFunction(world.run, channel, 'x');
    await untilAbsent();
  }, 60_000);

  test('when a change of presence finds it gone', async () => {
    await vanish('by presence');
    socket.send({ action: 'subscribe', channel, presence: true });
    await socket.ofKind('presence');
    await close();
    const other = await connect('other');
    await enter(other, channel);
    await until('it is absent', async () => !(await present(channel)).includes('by presence'));
    other.close();
  }, 60_000);

  test('when a replay finds it gone', async () => {
    await vanish('by replay');
    const missed = freshChannel('missed');
    const first = await publishByFunction(world.run, missed, '0');
    for (let nth = 1; nth < 40; nth++) await publishByFunction(world.run, missed, `${nth}`);
    let posts = 0;
    // What comes with the answer is few; the rest is for the queue.
    world.run.faults.postOutcome = () => (++posts > 12 ? { status: 410, code: 'GoneException' } : undefined);
    socket.send({ action: 'subscribe', channel: missed, after: first });
    await untilAbsent();
    socket.close();
  }, 60_000);

  test('when the sweep finds it gone', async () => {
    await vanish('by sweep');
    await close();
    const { TableName, items } = await rowsIn('Connections');
    for (const { connectionId } of items) {
      const UpdateExpression = 'SET connectedAt = connectedAt - :age';
      const age = { ':age': AGE_MS };
      await database.send(new UpdateCommand({ TableName, Key: { connectionId }, UpdateExpression, ExpressionAttributeValues: age }));
    }
    world.run.fireSchedules();
    await untilAbsent();
  }, 60_000);

  test('when its token has expired', async () => {
    const expiresAtMs = Date.now() + 3_000;
    await vanish('by expiry', 3);
    await close();
    // The end of a token counts in whole seconds.
    await until('the token has expired', () => Date.now() > expiresAtMs + 1_000);
    world.run.fireSchedules();
    await untilAbsent();
  }, 60_000);
});
