import { type Presence, presence, present } from '../../src/presence/index.ts';
import { aMoment, equal, publishAll, record, thrownBy, truthy, until, untilSeen } from './checks.ts';
import type { Case, CaseContext } from './control.ts';

const ALL = ['sse', 'poll', 'websocket', 'auto'] as const;
const SOCKET = ['websocket'] as const;

/** Everybody as text, sorted: `id connections data`. */
function textOf(members: Iterable<{ readonly id: string; readonly connections: number; readonly data?: string }>): string[] {
  return [...members].map(({ id, connections, data = '' }) => `${id} ${connections} ${data}`.trim()).sort();
}

async function untilMembers(view: Presence, expected: readonly string[]): Promise<void> {
  await until(
    () => JSON.stringify(textOf(view.members.values())) === JSON.stringify(expected) && view.count === expected.length,
    () => `members ${expected.join(', ')}, got ${textOf(view.members.values()).join(', ')} (${view.count})`,
  );
}

async function untilPresent({ server, channel }: CaseContext, expected: readonly string[]): Promise<void> {
  let got: readonly string[] = [];
  await until(
    async () => {
      got = textOf(await server.members(channel));
      return JSON.stringify(got) === JSON.stringify(expected);
    },
    () => `present: ${expected.join(', ')}, got ${got.join(', ')}`,
  );
}

/** Presence, which rides on subscriptions. */
export const PRESENCE_CASES: readonly Case[] = [
  {
    name: 'sees who is there, who comes, changes and leaves',
    transports: ALL,
    async run({ connect, server, channel }) {
      await server.enter(channel, 'ann', 'red');
      await server.enter(channel, 'bob');
      await server.enter(channel, 'cem');
      const view = presence(connect().subscribe(channel));
      const changes: string[] = [];
      view.addEventListener('change', ({ detail }) => changes.push(...textOf(detail.changes)));
      await view.ready;
      equal(textOf(view.members.values()), ['ann 1 red', 'bob 1', 'cem 1'], 'members');
      equal(view.channel, channel, 'channel');
      await server.leave(channel, 'cem');
      await untilMembers(view, ['ann 1 red', 'bob 1']);
      await server.enter(channel, 'ann', 'green');
      await untilMembers(view, ['ann 1 green', 'bob 1']);
      equal(changes, ['ann 1 red', 'bob 1', 'cem 1', 'cem 0', 'ann 1 green'], 'changes');
    },
  },
  {
    name: 'tells nobody of a list that came again as it was',
    transports: ALL,
    async run({ connect, server, channel }) {
      await server.enter(channel, 'ann');
      const view = presence(connect().subscribe(channel));
      const changes: number[] = [];
      view.addEventListener('change', ({ detail }) => changes.push(detail.changes.length));
      await view.ready;
      await server.cut();
      await server.enter(channel, 'bob');
      await untilMembers(view, ['ann 1', 'bob 1']);
      equal(changes, [1, 1], 'changes');
    },
  },
  {
    name: 'is present on many channels over few requests, and sees who is on each',
    transports: ALL,
    async run({ connect, server, channel }) {
      const connection = connect({ token: 'ann' });
      const names = Array.from({ length: 8 }, (_, n) => `${channel}.${n}`);
      const rooms = names.map((name) => {
        const subscription = connection.subscribe(name);
        return { name, view: presence(subscription), me: present(subscription, 'here'), seen: record(subscription) };
      });
      await Promise.all(rooms.map(({ view, me }) => Promise.all([view.ready, me.ready])));
      for (const { view } of rooms) await untilMembers(view, ['ann 1 here']);
      await server.enter(names[5] ?? '', 'bob');
      await untilMembers(rooms[5]?.view as Presence, ['ann 1 here', 'bob 1']);
      await untilMembers(rooms[6]?.view as Presence, ['ann 1 here']);
      for (const name of names) await server.publish(name, `to ${name}`);
      for (const { name, seen } of rooms) await untilSeen(seen, [`to ${name}`], 'events');
      const { streams, polls } = await server.stats();
      truthy(streams + polls <= 4, 'at most 4 requests');
    },
  },
  {
    name: 'is present, changes its data, and leaves, while the subscription goes on',
    transports: ALL,
    async run(context) {
      const { connect, server, channel } = context;
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      const seen = record(subscription);
      const me = present(subscription, 'red');
      await me.ready;
      await untilPresent(context, ['ann 1 red']);
      me.update('green');
      await untilPresent(context, ['ann 1 green']);
      await publishAll(server, channel, ['e 1']);
      me.leave();
      await untilPresent(context, []);
      await publishAll(server, channel, ['e 2']);
      await untilSeen(seen, ['e 1', 'e 2'], 'events');
    },
  },
  {
    name: 'can begin and end on a subscription that is live, which repeats and loses nothing',
    transports: ALL,
    async run(context) {
      const { connect, server, channel } = context;
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, ['e 1']);
      const view = presence(subscription);
      const me = present(subscription);
      await Promise.all([view.ready, me.ready]);
      await publishAll(server, channel, ['e 2']);
      await untilMembers(view, ['ann 1']);
      view.close();
      me.leave();
      await publishAll(server, channel, ['e 3']);
      await untilPresent(context, []);
      await untilSeen(seen, ['e 1', 'e 2', 'e 3'], 'events');
      equal(view.members.size, 0, 'members of a view that is closed');
    },
  },
  {
    name: 'is present and sees it again after a cut, and tells what has changed meanwhile once',
    transports: ALL,
    async run(context) {
      const { connect, server, channel } = context;
      await server.enter(channel, 'bob');
      await server.enter(channel, 'cem');
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      const view = presence(subscription);
      await present(subscription, 'red').ready;
      await untilMembers(view, ['ann 1 red', 'bob 1', 'cem 1']);
      const changes: string[] = [];
      view.addEventListener('change', ({ detail }) => changes.push(...textOf(detail.changes).filter((text) => !text.startsWith('ann'))));
      await server.set({ losePresence: true });
      await server.cut();
      await server.leave(channel, 'bob');
      await server.enter(channel, 'dan');
      await server.set({ losePresence: false });
      await untilMembers(view, ['ann 1 red', 'cem 1', 'dan 1']);
      equal(changes.sort(), ['bob 0', 'dan 1'], 'changes');
      await untilPresent(context, ['ann 1 red', 'cem 1', 'dan 1']);
    },
  },
  {
    name: 'moves to another transport',
    transports: ['sse', 'poll', 'websocket'],
    async run(context) {
      const { connect, server, channel, transport } = context;
      const connection = connect({ token: 'ann' });
      const subscription = connection.subscribe(channel);
      const view = presence(subscription);
      await present(subscription, 'red').ready;
      await untilMembers(view, ['ann 1 red']);
      for (const next of ['sse', 'websocket', 'poll', 'sse'] as const) {
        if (next === transport) continue;
        connection.use(next);
        await server.enter(channel, next);
        await until(() => view.members.has(next), `sees it over ${next}`);
        await until(async () => textOf(await server.members(channel)).includes('ann 1 red'), `is present over ${next}`);
      }
    },
  },
  {
    name: 'ends with the subscription',
    transports: ALL,
    async run(context) {
      const { connect, channel } = context;
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      const view = presence(subscription);
      const me = present(subscription);
      await Promise.all([view.ready, me.ready]);
      subscription.close();
      await untilPresent(context, []);
      truthy(String(await thrownBy(() => presence(subscription))).includes('is closed'), 'presence of a closed subscription');
      truthy(String(await thrownBy(() => present(subscription))).includes('is closed'), 'present on a closed subscription');
      me.leave();
      view.close();
    },
  },
  {
    name: 'ends with the connection',
    transports: ALL,
    async run(context) {
      const { connect, channel } = context;
      const connection = connect({ token: 'ann' });
      await present(connection.subscribe(channel)).ready;
      connection.close();
      await untilPresent(context, []);
    },
  },
  {
    name: 'is not ready where the subscription fails, the reader closes or the member leaves first',
    transports: ALL,
    async run({ connect }) {
      const forbidden = connect().subscribe('forbidden');
      const [view, me] = [presence(forbidden), present(forbidden)];
      const codes = await Promise.all([view, me].map(({ ready }) => ready.catch((error) => error.code)));
      equal(codes, ['forbidden', 'forbidden'], 'codes');
      const subscription = connect({ url: 'http://127.0.0.1:9', websocketUrl: 'ws://127.0.0.1:9' }).subscribe('any');
      const [closed, left] = [presence(subscription), present(subscription)];
      closed.close();
      left.leave();
      for (const { ready } of [closed, left]) truthy(String(await ready.catch(String)).startsWith('Error'), 'ready');
    },
  },
  {
    name: 'refuses data that is no text, or more than 1 KiB',
    transports: ['sse'],
    async run({ connect, channel }) {
      const subscription = connect().subscribe(channel);
      for (const data of [7 as never, 'ä'.repeat(513)]) {
        truthy((await thrownBy(() => present(subscription, data))) instanceof TypeError, 'what is thrown by present');
      }
      const me = present(subscription, 'ä'.repeat(512));
      truthy((await thrownBy(() => me.update('x'.repeat(1_025)))) instanceof TypeError, 'what is thrown by update');
    },
  },
  {
    name: 'lets several parts of an application use one subscription',
    transports: ALL,
    async run(context) {
      const { connect, channel } = context;
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      const [first, second] = [present(subscription, 'first'), present(subscription, 'second')];
      await Promise.all([first.ready, second.ready]);
      await untilPresent(context, ['ann 1 second']);
      const [one, other] = [presence(subscription), presence(subscription)];
      await Promise.all([one.ready, other.ready]);
      one.close();
      second.leave();
      await untilMembers(other, ['ann 1 first']);
      first.leave();
      await untilPresent(context, []);
      await untilMembers(other, []);
    },
  },
  {
    name: 'counts a connection once, whatever its subscriptions say, and the newest that stays counts',
    transports: SOCKET,
    async run(context) {
      const { connect, channel } = context;
      const connection = connect({ token: 'ann' });
      const [one, other] = [connection.subscribe(channel), connection.subscribe(channel)];
      await present(one, 'one').ready;
      await present(other, 'other').ready;
      await untilPresent(context, ['ann 1 other']);
      other.close();
      await untilPresent(context, ['ann 1 one']);
      const view = presence(one);
      await untilMembers(view, ['ann 1 one']);
      one.close();
      await untilPresent(context, []);
    },
  },
  {
    name: 'is followed by a second subscription of the channel too, and by those that stay',
    transports: SOCKET,
    async run({ connect, server, channel }) {
      const connection = connect();
      const [one, other] = [connection.subscribe(channel), connection.subscribe(channel)];
      const [view, second] = [presence(one), presence(other)];
      await Promise.all([view.ready, second.ready]);
      one.close();
      await server.enter(channel, 'bob');
      await untilMembers(second, ['bob 1']);
    },
  },
  {
    name: 'finds with its pings that a change was lost, and asks for nothing while none is',
    transports: SOCKET,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 20 }).subscribe(channel);
      const view = presence(subscription);
      await view.ready;
      const { snapshots, pings } = await server.stats();
      await until(async () => (await server.stats()).pings >= pings + 3, 'pings');
      equal((await server.stats()).snapshots, snapshots, 'snapshots');
      await server.set({ losePresence: true });
      await server.enter(channel, 'bob');
      await untilMembers(view, ['bob 1']);
    },
  },
  {
    name: 'takes changes that come late, twice or in another order for what they are',
    transports: SOCKET,
    async run({ connect, server, channel }) {
      const view = presence(connect({ pingIntervalMs: 50 }).subscribe(channel));
      await view.ready;
      await server.set({ reorder: true });
      for (const data of ['1', '2', '3']) await server.enter(channel, 'bob', data);
      await untilMembers(view, ['bob 1 3']);
    },
  },
  {
    name: 'tries again when it is refused for a moment, and says when it is refused for good',
    transports: SOCKET,
    async run(context) {
      const { connect, server, channel } = context;
      await server.set({ throttledPresence: 1 });
      const subscription = connect({ token: 'ann' }).subscribe(channel);
      await present(subscription, 'red').ready;
      await untilPresent(context, ['ann 1 red']);
      const refused = present(subscription, 'refused');
      equal(await refused.ready.catch((error) => error.code), 'too_many_channels', 'code');
      const { presenceFrames } = await server.stats();
      await aMoment();
      equal((await server.stats()).presenceFrames, presenceFrames, 'frames after it was refused for good');
      refused.leave();
      await untilPresent(context, ['ann 1 red']);
    },
  },
  {
    name: 'is present again on a socket that replaces another',
    transports: SOCKET,
    async run(context) {
      const { connect, server, channel } = context;
      const subscription = connect({ token: 'ann', rotateAfterMs: 200 }).subscribe(channel);
      const view = presence(subscription);
      await present(subscription).ready;
      const { opened } = await server.stats();
      await until(async () => (await server.stats()).opened > opened + 1, 'sockets were replaced');
      await server.enter(channel, 'bob');
      await until(() => view.members.has('bob'), 'sees who comes');
      await until(async () => textOf(await server.members(channel))[0] === 'ann 1', 'is present once');
    },
  },
];
