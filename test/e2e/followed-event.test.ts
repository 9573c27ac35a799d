import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshChannel, openSse, subscribeSocket } from './support/clients.ts';
import { type InProcessRun, publishByFunction, startInProcess, until } from './support/in-process.ts';

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
}, 60_000);

afterAll(() => world.run.close(), 30_000);

/** Where the log has seen the event, `lane: hop`, each once. */
function hopsOf(id: string): readonly string[] {
  const lines = world.lines.filter((line) => line.includes('event followed') && line.includes(`"${id}"`));
  const hops = lines.map((line) => {
    const { lane, hop } = JSON.parse(line.slice(line.indexOf('{')));
    return `${lane}: ${hop}`;
  });
  return [...new Set(hops)].sort();
}

test('the log follows the first event of a channel from its publication to its subscribers', async () => {
  const channel = freshChannel('followed');
  // lane: sse
  const stream = await openSse(world.run.urls.http, `channel=${channel}`);
  // end lane
  // lane: websocket
  const socket = await subscribeSocket(world.run.urls.websocket, channel);
  // end lane

  const id = await publishByFunction(world.run, channel, 'first');

  const expected = [
    'backbone: published',
    // lane: sse
    'sse: delivered',
    'sse: received',
    // end lane
    // lane: websocket
    'websocket: delivered',
    'websocket: received',
    // end lane
  ];
  await until('every hop is in the log', () => hopsOf(id).length >= expected.length);
  expect(hopsOf(id)).toEqual(expected);
  // lane: sse
  stream.close();
  // end lane
  // lane: websocket
  socket.close();
  // end lane
}, 60_000);
