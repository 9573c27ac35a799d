import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freshChannel, type LaneSocket, subscribeSocket } from './support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, startInProcess, until } from './support/in-process.ts';

/** Above what either sweep leaves alone as too young. */
const AGE_MS = 20 * 60_000;

let world: InProcessRun;
// lane: websocket
let database: DynamoDBDocumentClient;
// end lane

beforeAll(async () => {
  world = await startInProcess();
  // lane: websocket
  database = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(world.run.urls.endpoint)));
  // end lane
}, 60_000);

afterEach(() => {
  // lane: sse
  world.run.faults.loseTaskStopped = undefined;
  // end lane
  // lane: websocket
  world.run.faults.loseDisconnect = undefined;
  // end lane
});

afterAll(async () => {
  // lane: websocket
  database.destroy();
  // end lane
  await world.run.close();
}, 30_000);

// lane: sse
describe('the queue and the subscription of an SSE task', () => {
  /** Ids of tasks that have a queue, and of those that have a subscription. */
  function owners(): { readonly queues: readonly string[]; readonly subscriptions: readonly string[] } {
    const { queues, topics } = world.run;
    const names = queues.list().map(({ name }) => name);
    const endpoints = topics.topicArns().flatMap((arn) => topics.subscriptions(arn).map(({ endpoint }) => endpoint));
    const taskIds = (texts: readonly string[]) => texts.flatMap((text) => /_([0-9a-f]{32})$/.exec(text)?.[1] ?? []);
    return { queues: taskIds(names), subscriptions: taskIds(endpoints) };
  }

  const living = () => world.service.tasks.map(({ id }) => id);
  const has = (taskId: string) => owners().queues.includes(taskId) || owners().subscriptions.includes(taskId);

  /** A task of the service that has both. */
  function victim(): string {
    const [taskId = ''] = living();
    expect(owners().queues).toContain(taskId);
    expect(owners().subscriptions).toContain(taskId);
    return taskId;
  }

  /** No cleaner may take anything from a task that lives. */
  async function othersAreComplete(): Promise<void> {
    await until('every living task has a queue and a subscription', () =>
      living().every((id) => owners().queues.includes(id) && owners().subscriptions.includes(id)),
    );
  }

  test('are removed by the task itself on SIGTERM, without the other two', async () => {
    world.run.faults.loseTaskStopped = () => true;
    const taskId = victim();
    await world.service.start();
    await world.service.stop(taskId);
    // The process is gone, and nobody else knows of it.
    expect(has(taskId)).toBe(false);
    await othersAreComplete();
  }, 60_000);

  test('are removed by the rule on the stop of a task that was killed, without the other two', async () => {
    const taskId = victim();
    await world.service.kill(taskId);
    await until('both are gone', () => !has(taskId));
    await othersAreComplete();
  }, 60_000);

  test('are removed by the sweep, where the task was killed and the event of it was lost', async () => {
    world.run.faults.loseTaskStopped = () => true;
    const taskId = victim();
    await world.service.kill(taskId);
    await othersAreComplete();
    expect(has(taskId)).toBe(true);
    world.run.queues.age(AGE_MS);
    world.run.fireSchedules();
    await until('both are gone', () => !has(taskId));
    await othersAreComplete();
  }, 60_000);
});
// end lane

// lane: websocket
describe('the rows of a WebSocket connection whose $disconnect was lost', () => {
  async function rows(table: 'Connections' | 'Subscriptions', channels: readonly string[] = []): Promise<readonly string[]> {
    const { TableNames = [] } = await database.send(new ListTablesCommand({}));
    const TableName = TableNames.find((name) => name.includes(table));
    const { Items = [] } = await database.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items.filter((item) => table === 'Connections' || channels.includes(String(item['channel']))).map((item) =>
      String(item['connectionId']),
    );
  }

  async function ageConnections(): Promise<void> {
    const { TableNames = [] } = await database.send(new ListTablesCommand({}));
    const TableName = TableNames.find((name) => name.includes('Connections'));
    for (const connectionId of await rows('Connections')) {
      await database.send(
        new UpdateCommand({
          TableName,
          Key: { connectionId },
          UpdateExpression: 'SET connectedAt = connectedAt - :age',
          ExpressionAttributeValues: { ':age': AGE_MS },
        }),
      );
    }
  }

  /** A socket on the channels, with its id. */
  async function connect(first: string, ...channels: readonly string[]): Promise<{ readonly socket: LaneSocket; readonly id: string }> {
    const before = await rows('Connections');
    const socket = await subscribeSocket(world.run.urls.websocket, first);
    for (const channel of channels) socket.send({ action: 'subscribe', channel });
    await socket.ofKind('subscribed', 1 + channels.length);
    const id = (await rows('Connections')).find((connectionId) => !before.includes(connectionId)) ?? '';
    return { socket, id };
  }

  /** Cut without a word; the gateway knows, the functions do not. */
  async function vanish(socket: LaneSocket): Promise<void> {
    const open = world.run.gateways.flatMap((gateway) => gateway.openConnections).length;
    socket.close();
    await once(socket.socket, 'close');
    await until('the gateway notices', () => world.run.gateways.flatMap((gateway) => gateway.openConnections).length < open);
  }

  test('go with the next event of one of its channels, those of its other channels too, and nobody else’s', async () => {
    world.run.faults.loseDisconnect = () => true;
    const [loud, quiet] = [freshChannel('loud'), freshChannel('quiet')];
    const gone = await connect(loud, quiet);
    const stays = await connect(loud, quiet);
    await vanish(gone.socket);
    expect(await rows('Subscriptions', [quiet])).toContain(gone.id);

    await publishByFunction(world.run, loud, 'anyone?');

    await until('all its rows are gone', async () => {
      const left = [...(await rows('Connections')), ...(await rows('Subscriptions', [loud, quiet]))];
      return !left.includes(gone.id);
    });
    expect(await rows('Subscriptions', [loud, quiet])).toEqual([stays.id, stays.id]);
    stays.socket.close();
  }, 60_000);

  test('go with the sweep where nothing is published, and an open connection of the same age stays', async () => {
    world.run.faults.loseDisconnect = () => true;
    const quiet = freshChannel('silent');
    const gone = await connect(quiet);
    const stays = await connect(quiet);
    await vanish(gone.socket);
    await ageConnections();

    world.run.fireSchedules();

    await until('its rows are gone', async () => {
      const left = [...(await rows('Connections')), ...(await rows('Subscriptions', [quiet]))];
      return !left.includes(gone.id);
    });
    expect(await rows('Subscriptions', [quiet])).toEqual([stays.id]);
    expect(await rows('Connections')).toContain(stays.id);
    stays.socket.close();
  }, 60_000);
});
// end lane
