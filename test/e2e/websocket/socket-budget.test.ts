import { once } from 'node:events';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createDynamoEventLog } from '../../../backbone/aws/dynamo-event-log.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { POST_WINDOW_MS } from '../../../lambda/websocket/domain/post-window.ts';
import { TURN_POSTS } from '../../../lambda/websocket/replay-turn.ts';
import type { ServerFrame } from '../../../packages/protocol/index.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, startInProcess } from '../support/in-process.ts';
import { type LaneSocket, openSocket } from './support/sockets.ts';

/** Fewer than a stage allows, so that a test meets the limits soon. */
const ANSWERS_PER_SECOND = 5;
const REPLAY_POSTS_PER_SECOND = 20;
const MAX_REPLAYS = 2;

const ANSWERS = (ANSWERS_PER_SECOND * POST_WINDOW_MS) / 1_000;
const EVENTS = 250;
const ATTACKS = 10;

/** A gap that no publisher fills any more. */
const HOLE = 150;

const HOUR_MS = 3_600_000;

let world: InProcessRun;
let database: DynamoDBDocumentClient;
/** Posts to connections since the test began. */
let posts: number;
/** What all of them read: {@link EVENTS} events of an hour ago, and a hole. */
let channels: readonly string[];
let epochs: ReadonlyMap<string, string>;

beforeAll(async () => {
  world = await startInProcess({
    tasks: 1,
    settings: {
      maxResponsesPerSecond: ANSWERS_PER_SECOND,
      postsPerSecondPerPrincipal: REPLAY_POSTS_PER_SECOND,
      maxReplaysPerPrincipal: MAX_REPLAYS,
    },
  });
  database = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(world.run.urls.endpoint)));
  channels = Array.from({ length: MAX_REPLAYS + 1 }, () => freshChannel('budget'));
  epochs = new Map(await Promise.all(channels.map(async (channel) => [channel, await fill(channel)] as const)));
}, 120_000);

beforeEach(() => {
  posts = 0;
  world.run.faults.postOutcome = () => {
    posts++;
    return undefined;
  };
});

afterAll(async () => {
  database.destroy();
  await world.run.close();
}, 30_000);

/** Writes to the log as publishers would have done an hour ago, without notifications. @returns the channel's epoch */
async function fill(channel: string): Promise<string> {
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  const table = TableNames.find((name) => name.includes('Log')) ?? '';
  const clock = { ...systemClock, nowMs: () => Date.now() - HOUR_MS };
  const log = createDynamoEventLog({ client: database, table, retentionMs: 24 * HOUR_MS, clock });
  const { epoch } = await log.allocate(channel);
  for (let seq = 1; seq <= EVENTS; seq++) {
    if (seq > 1) await log.allocate(channel);
    if (seq === HOLE) continue;
    await log.append({ channel, epoch, seq, type: 'message', data: `event ${seq}`, publishedAtMs: clock.nowMs() }, `${channel} ${seq}`);
  }
  return epoch;
}

const tokenOf = (subject: string) => world.run.issuer.issue({ subject });
const connect = (subject: string): Promise<LaneSocket> => openSocket(world.run.urls.websocket, tokenOf(subject));
const fromStart = (channel: string, more: object = {}) =>
  ({ action: 'subscribe', channel, after: `${epochs.get(channel)}.0`, ...more }) as const;
const first = () => channels[0] ?? '';

/** Seqs of events, in the order of their arrival. */
const seqsOf = (frames: readonly ServerFrame[]): readonly number[] =>
  frames
    .flatMap((frame) => (frame.kind === 'event' ? [frame.id] : frame.kind === 'events' ? frame.events.map(({ id }) => id) : []))
    .map((id) => Number(id.split('.')[1]));

const ALL = Array.from({ length: EVENTS }, (_, index) => index + 1).filter((seq) => seq !== HOLE);

test('repeated frames for the same replay cause the posts of one, at a limited rate, and it arrives complete', async () => {
  const socket = await connect('attacker');
  for (let frame = 0; frame < ATTACKS; frame++) socket.send(fromStart(first()));
  await socket.ofKind('caughtUp', 1, 90_000);

  expect(new Set(seqsOf(socket.frames.items))).toEqual(new Set(ALL));
  // Each frame is answered, and one that comes during a turn makes it begin anew when that turn ends. Without turns, each would
  // cause a post for every event.
  expect(posts).toBeLessThanOrEqual(EVENTS + ATTACKS * (TURN_POSTS + 2));
  expect(TURN_POSTS).toBeLessThan(EVENTS / 2);
  socket.close();
}, 120_000);

test('a client that accepts batches gets many events per post, in order', async () => {
  const socket = await connect('batching');
  socket.send(fromStart(first(), { batch: true }));
  const [caughtUp] = await socket.ofKind('caughtUp', 1, 30_000);

  expect(seqsOf(socket.frames.items)).toEqual(ALL);
  expect(caughtUp).toMatchObject({ id: `${epochs.get(first())}.${EVENTS}` });
  expect(posts).toBeLessThan(6);
  socket.close();
}, 60_000);

test('a principal at its replay limit is told when to try again, while others get theirs', async () => {
  const [greedy, modest] = [await connect('greedy'), await connect('modest')];
  for (const channel of channels) greedy.send(fromStart(channel));
  const [error] = await greedy.ofKind('error', 1, 30_000);
  modest.send(fromStart(first(), { batch: true }));

  expect(error).toMatchObject({ code: 'throttled', retryAfterMs: expect.any(Number) });
  await modest.ofKind('caughtUp', 1, 30_000);
  for (const socket of [greedy, modest]) socket.close();
}, 60_000);

test('a flooding client is answered up to its limit, refused as often, and then disconnected', async () => {
  const socket = await connect('flooding');
  const closed = once(socket.socket, 'close');
  // Beyond what two windows answer and refuse: the flood may meet the border of one.
  for (let frame = 0; frame < 5 * ANSWERS; frame++) socket.send({ action: 'ping' });
  await closed;

  expect(socket.frames.items.length).toBeLessThanOrEqual(4 * ANSWERS);
  expect(socket.frames.items).toContainEqual(expect.objectContaining({ kind: 'error', code: 'throttled' }));
  await expect(connect('flooding')).rejects.toThrow('Unexpected server response: 429');
  (await connect('quiet')).close();
}, 60_000);

test('a connection that a replay finds gone loses its rows', async () => {
  const socket = await connect('leaving');
  // Those to `present` and `subscribe`.
  let answers = 2;
  world.run.faults.postOutcome = () => (answers-- > 0 ? undefined : { status: 410, code: 'GoneException' });
  const deletes = () => {
    const role = world.run.accessReport().roles.find(({ role: id }) => id.includes('/ReplaysHandlerRole'));
    return role?.grants.filter(({ action }) => /DeleteItem|BatchWriteItem/.test(action)).every(({ calls }) => calls > 0) ?? false;
  };
  socket.send({ action: 'present', channel: first() });
  await until('it is present', () => answers === 1);
  socket.send(fromStart(first()));
  await until('its rows are gone', deletes);
  socket.close();
}, 60_000);
