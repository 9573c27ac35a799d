import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, metricTotal, startInProcess } from '../support/in-process.ts';
import { type Followed, PRESENCE, type PresenceTransport, type PresenceVisitor } from '../support/presence.ts';
import { transportsOf } from '../support/transports.ts';

/*
 * Who is present, over whatever transports the app has. A suite names its tests before there is a run, so each test goes through
 * the transports by itself.
 */

/** Within this time a lane compares what it knows with the table, also on a busy machine. */
const COMPARED_MS = 60_000;

let world: InProcessRun;
const visitors: PresenceVisitor[] = [];

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterEach(() => {
  world.run.faults.notification = undefined;
  for (const visitor of visitors.splice(0)) visitor.close();
});

afterAll(async () => {
  await world.run.close();
}, 30_000);

/** The ways to follow who is present, and those of them with which a client is gone as soon as it leaves. */
function waysOf(): { readonly all: readonly string[]; readonly connected: readonly string[] } {
  const connected = transportsOf(world.run.urls).filter((transport) => PRESENCE[transport] !== undefined);
  return { all: connected.includes('sse') ? [...connected, 'poll'] : connected, connected };
}

function over(way: string): PresenceTransport {
  const transport = PRESENCE[way];
  if (transport === undefined) throw new Error(`nobody can be present over ${way}`);
  return transport;
}

const tokenOf = (subject: string, channels = '*') => world.run.issuer.issue({ subscribe: [channels], publish: [], subject });

async function enter(way: string, subject: string, channel: string, data = ''): Promise<PresenceVisitor> {
  const visitor = await over(way).enter(world.run, tokenOf(subject), channel, data);
  visitors.push(visitor);
  return visitor;
}

async function follow(way: string, channel: string): Promise<Followed> {
  const followed = await over(way).follow(world.run, tokenOf('follower'), channel);
  visitors.push(followed);
  return followed;
}

/** Follows by every way. @returns a function that waits until every follower sees these members */
async function followByAll(channel: string): Promise<(expected: readonly string[], timeoutMs?: number) => Promise<void>> {
  const followers = await Promise.all(waysOf().all.map(async (way) => ({ way, followed: await follow(way, channel) })));
  return async (expected, timeoutMs) => {
    for (const { way, followed } of followers) {
      await until(
        `${way}: ${expected.join(', ') || 'nobody'} is present`,
        () => followed.text.join() === [...expected].sort().join(),
        timeoutMs,
      );
      expect(followed.count).toBe(expected.length);
    }
  };
}

test('who comes, says something else and leaves is seen over every transport', async () => {
  for (const way of waysOf().connected) {
    const channel = freshChannel('room');
    const bob = await enter(way, 'bob', channel);
    const seen = await followByAll(channel);
    await seen(['bob 1']);
    const ann = await enter(way, 'ann', channel, '{"color":"red"}');
    await seen(['ann 1 {"color":"red"}', 'bob 1']);
    bob.close();
    await seen(['ann 1 {"color":"red"}']);
    ann.close();
    await seen([]);
  }
}, 120_000);

test('a client that polls is a member too', async () => {
  for (const way of waysOf().all) {
    const channel = freshChannel('polled');
    await enter(way, 'ann', channel, 'here');
    // Polls that reach several tasks count once on each (ADR 50).
    const isThere = (text: string) => (way === 'poll' ? /^ann [12] here$/.test(text) : text === 'ann 1 here');
    for (const follower of waysOf().all) {
      const followed = await follow(follower, channel);
      await until(`${follower}: ann is present over ${way}`, () => isThere(followed.text.join()));
      expect(followed.count).toBe(1);
    }
  }
}, 60_000);

test('one user with three tabs is one member with three connections, over all transports together', async () => {
  const { connected } = waysOf();
  const channel = freshChannel('tabs');
  const seen = await followByAll(channel);
  const tabs: PresenceVisitor[] = [];
  for (const at of [0, 1, 2]) tabs.push(await enter(connected[at % connected.length] ?? '', 'ann', channel));
  if (connected.length === 0) return;
  await seen(['ann 3']);
  tabs[0]?.close();
  await seen(['ann 2']);
  for (const tab of tabs) tab.close();
  await seen([]);
}, 60_000);

test('subjects of any characters are members', async () => {
  const subjects = ['auth0|17', 'a#b', 'bøb / "2" 🙂', ' '];
  for (const way of waysOf().connected) {
    const channel = freshChannel('odd');
    const seen = await followByAll(channel);
    for (const subject of subjects) await enter(way, subject, channel);
    await seen(subjects.map((subject) => `${subject} 1`));
  }
}, 60_000);

test('the right to subscribe is needed for being present and for seeing it', async () => {
  for (const way of waysOf().all) {
    const token = tokenOf('mallory', 'other.*');
    await expect(over(way).enter(world.run, token, freshChannel('room'), '')).rejects.toThrow('forbidden');
    await expect(over(way).follow(world.run, token, freshChannel('room'))).rejects.toThrow('forbidden');
  }
}, 60_000);

test('a lost notification is found', async () => {
  for (const way of waysOf().connected) {
    const channel = freshChannel('lost');
    const seen = await followByAll(channel);
    await enter(way, 'ann', channel);
    await seen(['ann 1']);
    world.run.faults.notification = (_queue, body, deliver) => {
      if (!body.includes('"presence"')) deliver(body);
    };
    await enter(way, 'bob', channel);
    await seen(['ann 1', 'bob 1'], COMPARED_MS);
    world.run.faults.notification = undefined;
  }
}, 180_000);

test('no lane takes what others say of presence for an error', () => {
  expect(metricTotal(world.lines, 'UnexpectedErrors')).toBe(0);
});
