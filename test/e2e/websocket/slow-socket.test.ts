import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { METRICS } from '../../../backbone/contract.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, metricTotal, publishByFunction, startInProcess } from '../support/in-process.ts';
import { type LaneSocket, subscribeSocket } from './support/sockets.ts';

const NORMAL = 10;
/** Nearly the largest event: the kernel alone buffers several megabytes of a connection before the gateway's own buffer fills. */
const DATA = 'x'.repeat(90_000);
const MOST_EVENTS = 400;

let world: InProcessRun;
const sockets: LaneSocket[] = [];

beforeAll(async () => {
  world = await startInProcess({ tasks: 1, connectionLimits: { maxUnsentBytes: 256 * 1024 } });
}, 60_000);

afterAll(async () => {
  for (const socket of sockets) socket.close();
  await world.run.close();
}, 30_000);

async function subscribe(channel: string): Promise<LaneSocket> {
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  sockets.push(socket);
  return socket;
}

function idsOf(socket: LaneSocket): ReadonlySet<string> {
  return new Set(socket.frames.items.flatMap((frame) => (frame.kind === 'event' ? [frame.id] : [])));
}

/** Ids of the events that wait for an operator because a connection did not take them. */
function deadLetters(): string {
  return world.run.queues
    .list()
    .filter(({ name }) => /DeadLetters/.test(name))
    .flatMap((queue) => queue.bodies())
    .join();
}

test('a socket that stops reading is answered 429, holds nobody up, is counted, and loses nothing unnoticed', async () => {
  const channel = freshChannel('slow');
  const normal = await Promise.all(Array.from({ length: NORMAL }, () => subscribe(channel)));
  const slow = await subscribe(channel);
  slow.socket.pause();

  const throttled = () => metricTotal(world.lines, METRICS.throttled) > 0;
  const ids: string[] = [];
  const publishNext = async () => {
    ids.push(await publishByFunction(world.run, channel, `${ids.length} ${DATA}`));
  };
  while (!throttled() && ids.length < MOST_EVENTS) await publishNext();
  expect(throttled()).toBe(true);
  for (let more = 0; more < 20; more++) await publishNext();

  // All of them, while the slow one still takes nothing.
  await until('every normal socket has every event', () => normal.every((socket) => ids.every((id) => idsOf(socket).has(id))), 60_000);
  expect(idsOf(slow).size).toBeLessThan(ids.length);

  slow.socket.resume();
  const [epoch = ''] = (ids[0] ?? '').split('.');
  await until(
    'the slow socket has every event, or it was put aside',
    () => {
      const taken = idsOf(slow);
      const missing = ids.filter((id) => !taken.has(id));
      const aside = missing.length === 0 ? '' : deadLetters();
      return missing.every((id) => aside.includes(`"epoch":"${epoch}","seq":${id.split('.')[1]},`));
    },
    90_000,
  );
}, 180_000);
