import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, startInProcess } from '../support/in-process.ts';
import { type LaneSocket, subscribeSocket } from './support/sockets.ts';

/** Above what the sweep leaves alone as too young. */
const AGE_MS = 20 * 60_000;

let world: InProcessRun;
let database: DynamoDBDocumentClient;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
  database = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(world.run.urls.endpoint)));
}, 60_000);

afterEach(() => {
  world.run.faults.loseDisconnect = undefined;
});

afterAll(async () => {
  database.destroy();
  await world.run.close();
}, 30_000);

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
