import { once } from 'node:events';
import type http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { TokenRequest } from '../../../packages/assembly-local/issuer/issuer.ts';
import type { ClientFrame, ServerFrame } from '../../../packages/protocol/index.ts';
import { until } from '../../support/until.ts';
import { type Entrance, type Request, testLogs, testRenewal, testTokens } from '../support/access.ts';
import { freshChannel, Inbox } from '../support/clients.ts';
import { type InProcessRun, publishByFunction, startInProcess } from '../support/in-process.ts';

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
}, 60_000);

afterAll(async () => {
  await world.run.close();
}, 30_000);

const issue = (request: TokenRequest) => world.run.issuer.issue(request);

/** The status of the upgrade, or what a frame is answered. */
async function askSocket({ headers, query, subprotocols }: Request, frame: ClientFrame): Promise<string> {
  const url = `${world.run.urls.websocket}${query === '' ? '' : `?${query}`}`;
  const socket = new WebSocket(url, subprotocols, { headers });
  try {
    socket.on('error', () => undefined);
    const refused = once(socket, 'unexpected-response').then(([, response]) => `${(response as http.IncomingMessage).statusCode}`);
    const opened = once(socket, 'open').then(() => undefined);
    const status = await Promise.race([refused, opened]);
    if (status !== undefined) return status;
    expect(socket.protocol).toBe('lanes.v1.json');
    socket.send(JSON.stringify(frame));
    const [data] = await once(socket, 'message');
    const answer = JSON.parse(String(data)) as ServerFrame;
    return answer.kind === 'error' ? `error ${answer.code}` : answer.kind;
  } finally {
    socket.terminate();
  }
}
const REFUSALS = { unauthorized: '401', expired: '401', forbidden: 'error forbidden' } as const;

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  'subscribing by WebSocket': {
    carriers: ['authorization', 'cookie', 'query', 'subprotocol'],
    action: 'subscribe',
    send: (request, channel) => askSocket(request, { action: 'subscribe', channel }),
    answers: { right: 'subscribed', ...REFUSALS },
  },
  'publishing by WebSocket': {
    carriers: ['authorization', 'cookie', 'query', 'subprotocol'],
    action: 'publish',
    send: (request, channel) => askSocket(request, { action: 'publish', channel, data: 'x' }),
    answers: { right: 'published', ...REFUSALS },
  },
};

describe.each(Object.entries(ENTRANCES))('%s', (_, entrance) => testTokens(() => world, entrance));

describe('the end of a token', () => {
  test('closes a quiet WebSocket after a frame that says so; events published since then are not delivered', async () => {
    const channel = freshChannel('expiring');
    const token = issue({ subscribe: [channel], expiresInSeconds: 3 });
    const socket = new WebSocket(world.run.urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
    const frames = new Inbox<ServerFrame>();
    socket.on('message', (data) => frames.push(JSON.parse(String(data)) as ServerFrame));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ action: 'subscribe', channel }));
    await frames.count(1);
    await until('the token has expired', () => JSON.parse(atob(token.split('.')[1] ?? '')).exp * 1_000 < Date.now());

    await publishByFunction(world.run, channel, 'too late');
    world.run.fireSchedules();
    // API Gateway's own code for a connection that was deleted: it has no other.
    expect((await closed)[0]).toBe(1000);
    expect(frames.items.map((frame) => (frame.kind === 'error' ? frame.code : frame.kind))).toEqual(['subscribed', 'token_expired']);
  }, 60_000);

  testRenewal(() => world, ['websocket']);
});

testLogs(() => world, Object.values(ENTRANCES));
