import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AccessDeniedError } from '../../../../backbone/domain/access.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import type { TokenVerifier } from '../../../../backbone/ports.ts';
import { systemClock } from '../../../../backbone/services/system-clock.ts';
import { createAuthenticate } from '../../../../fargate/sse/http/authenticate.ts';
import { PublishRate } from '../../../../fargate/sse/http/publish-rate.ts';
import { HttpWorld } from '../support/http-world.ts';
import { SseClient } from '../support/sse-client.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;
const clients: SseClient[] = [];

/** A token is the name of its bearer, who may read `room.` and nothing else. */
const verifier: TokenVerifier = {
  verify(token) {
    if (token === '') throw new AccessDeniedError('unauthorized', 'there is no token');
    return { principal: token, rights: { subscribe: ['room.*'], publish: [] }, expiresAtMs: Number.POSITIVE_INFINITY };
  },
};

beforeEach(async () => {
  world = new HttpWorld({
    hub: { clock: systemClock, presenceStore: new MemoryPresenceStore({ clock: systemClock }), maxStreamsPerPrincipal: 50 },
    http: {
      verifier,
      authenticate: createAuthenticate(verifier, { queryToken: true, origins: [] }),
      presenceRate: new PublishRate(3, systemClock),
    },
  });
  await world.listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.close();
});

const as = (who: string) => ({ authorization: `Bearer ${who}` });

async function open(who: string, query: string): Promise<SseClient> {
  const client = await SseClient.open(world.url(`/v1/events?${query}`), as(who));
  clients.push(client);
  return client;
}

const look = async (who: string, query: string) => {
  const response = await world.fetch(`/v1/presence?${query}`, { headers: as(who) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};

describe('GET /v1/presence', () => {
  test('says who is present, with what they say about themselves', async () => {
    await open('ann', `channel=room.1&present=${encodeURIComponent('{"name":"Ann & co"}')}`);
    await open('bob', 'channel=room.1&present=');
    const { status, answer } = await look('cleo', 'channel=room.1');
    expect(status).toBe(200);
    expect(answer).toEqual({
      channel: 'room.1',
      count: 2,
      state: expect.stringMatching(/^[0-9a-z]+$/),
      members: expect.arrayContaining([
        { id: 'ann', connections: 1, data: '{"name":"Ann & co"}' },
        { id: 'bob', connections: 1 },
      ]),
    });
  });

  test('of a channel where nobody is', async () => {
    expect((await look('ann', 'channel=room.2')).answer).toEqual({ channel: 'room.2', count: 0, members: [], state: '0' });
  });

  test('needs the right to subscribe, and one channel', async () => {
    expect(await look('ann', 'channel=hall')).toMatchObject({ status: 403, answer: { code: 'forbidden' } });
    expect(await look('ann', '')).toMatchObject({ status: 400, answer: { code: 'invalid_channel' } });
    expect(await look('ann', 'channel=room.1&channel=room.2')).toMatchObject({ status: 400, answer: { code: 'invalid_parameter' } });
    expect(await look('', 'channel=room.1')).toMatchObject({ status: 401 });
    expect((await world.fetch('/v1/presence?channel=room.1', { method: 'POST', headers: as('ann') })).status).toBe(405);
  });
});

describe('streams and polls', () => {
  test('present needs the right to subscribe', async () => {
    await expect(open('ann', 'channel=hall&present=')).rejects.toThrow('403');
    expect((await look('ann', 'channel=room.1')).answer['count']).toBe(0);
  });

  test.each([
    ['present=a&present=b', 'invalid_parameter'],
    [`present=${'x'.repeat(1_025)}`, 'data_too_large'],
    ['presence=yes', 'invalid_parameter'],
    ['presence=true&presenceState=room.2=abc', 'invalid_parameter'],
    ['presence=true&presenceState=room.1=A', 'invalid_parameter'],
  ])('%.40s is refused', async (query, code) => {
    for (const accept of ['text/event-stream', 'application/json']) {
      const response = await world.fetch(`/v1/events?channel=room.1&${query}`, { headers: { ...as('ann'), accept } });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.json()).toMatchObject({ code });
    }
  });

  test('a stream ends its presence when its client leaves', async () => {
    const watcher = await open('watcher', 'channel=room.1&presence=true');
    const ann = await open('ann', 'channel=room.1&present=');
    const changes = () => watcher.events.filter(({ event }) => event === 'presence').map(({ data }) => JSON.parse(data));
    await until(() => changes().some(({ count }) => count === 1));
    ann.close();
    await until(() => changes().at(-1)?.count === 0);
  });

  test('a poll hands out presence beside its events', async () => {
    await open('ann', 'channel=room.1&present=x');
    const ask = async (query: string) =>
      (await (
        await world.fetch(`/v1/events?channel=room.1&presence=true${query}`, { headers: { ...as('bob'), accept: 'application/json' } })
      ).json()) as {
        presence?: { state: string }[];
      };
    const first = await ask('');
    expect(first).toMatchObject({
      events: [],
      presence: [{ channel: 'room.1', count: 1, snapshot: true, changes: [{ id: 'ann', data: 'x' }] }],
    });
    const waiting = ask(`&waitSeconds=20&presenceState=room.1=${first.presence?.[0]?.state}`);
    await open('cleo', 'channel=room.1&present=');
    expect((await waiting).presence).toMatchObject([{ count: 2 }]);
  });

  test('whoever comes too often is refused, and polls that stay are not', async () => {
    const poll = () =>
      world.fetch('/v1/events?channel=room.1&channel=room.2&present=', { headers: { ...as('ann'), accept: 'application/json' } });
    for (let at = 0; at < 5; at++) expect((await poll()).status).toBe(200);
    await expect(open('ann', 'channel=room.1&channel=room.2&present=')).rejects.toThrow(
      'Presence limit reached: one user may come to at most 3',
    );
    await open('ann', 'channel=room.1&presence=true');
  });
});
