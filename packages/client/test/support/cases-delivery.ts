import { equal, numbered, publishAll, record, toText, truthy, until, untilSeen } from './checks.ts';
import type { Case, CaseContext, ServerControl } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

async function isConnected(server: ServerControl): Promise<boolean> {
  const { streams, polls, sockets } = await server.stats();
  return streams + polls + sockets > 0;
}

/** What it takes to be told apart: text of several lines, empty text, another type. */
async function deliversContent({ connect, server, channel, transport }: CaseContext): Promise<void> {
  const subscription = connect().subscribe(channel);
  await subscription.ready;
  const first = await server.publish(channel, 'one\ntwo\n', 'note');
  await server.publish(channel, '');
  const items = [];
  for await (const item of subscription) if (items.push(item) === 2) break;
  const publishedAt = transport === 'sse' ? {} : { publishedAt: first.publishedAt };
  const [item] = items;
  truthy(item?.kind === 'event', 'the first item is an event');
  equal(
    { ...item, publishedAt: undefined },
    { kind: 'event', channel, id: first.id, type: 'note', data: 'one\ntwo\n', publishedAt: undefined },
    'first event',
  );
  equal({ publishedAt: item?.kind === 'event' ? item.publishedAt : 'none' }, publishedAt, 'its time, where the lane carries it');
  equal(items[1]?.kind === 'event' && [items[1].type, items[1].data], ['message', ''], 'second event');
}

export const DELIVERY_CASES: readonly Case[] = [
  { name: 'delivers id, type, text and time', transports: LANES, run: deliversContent },
  {
    name: 'delivers what is published from the moment it is ready, in order, each once',
    transports: [...LANES, 'auto'],
    async run({ connect, server, channel }) {
      await server.publish(channel, 'before');
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, numbered('e', 1, 50));
      await untilSeen(seen, numbered('e', 1, 50), 'events');
    },
  },
  {
    name: 'resumes after a cursor',
    transports: LANES,
    async run({ connect, server, channel }) {
      await publishAll(server, channel, numbered('e', 1, 5));
      const [, second] = await server.events(channel);
      const seen = record(connect().subscribe(channel, { after: second?.id }));
      await untilSeen(seen, numbered('e', 3, 5), 'events after the second');
      await server.publish(channel, 'e 6');
      await untilSeen(seen, numbered('e', 3, 6), 'and live ones');
    },
  },
  {
    name: 'the cursor of one connection resumes on the next, also on a channel that was quiet',
    transports: LANES,
    async run({ connect, server, channel }) {
      const first = connect();
      const subscription = first.subscribe(channel);
      await subscription.ready;
      const { cursor } = subscription;
      first.close();
      await publishAll(server, channel, ['while away']);
      await untilSeen(record(connect().subscribe(channel, { after: cursor })), ['while away'], 'events');
    },
  },
  {
    name: 'is live at once on a quiet channel that it resumes, whose stream brings no event',
    transports: ['sse'],
    async run({ connect, server, channel }) {
      const { id } = await server.publish(channel, 'seen');
      const subscription = connect().subscribe(channel, { after: id });
      await until(() => subscription.status.status === 'live', 'live');
      equal(subscription.cursor, id, 'its place');
    },
  },
  {
    name: 'loses and repeats nothing when connections are cut while events are published',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      for (let cut = 0; cut < 4; cut++) {
        await publishAll(server, channel, numbered('e', cut * 20 + 1, cut * 20 + 10));
        await server.cut();
        await publishAll(server, channel, numbered('e', cut * 20 + 11, cut * 20 + 20));
        await until(() => isConnected(server), 'connected again');
      }
      await untilSeen(seen, numbered('e', 1, 80), 'events');
    },
  },
  {
    name: 'drops repeats',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ double: true });
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, numbered('e', 1, 30));
      await untilSeen(seen, numbered('e', 1, 30), 'events');
    },
  },
  {
    name: 'restores the order and asks for lost events',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.set({ double: true, reorder: true, dropEvery: 7 });
      const subscription = connect({ pingIntervalMs: 200 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, numbered('e', 1, 200));
      await untilSeen(seen, numbered('e', 1, 200), 'events');
    },
  },
  {
    name: 'waits for a gap, and goes on past it once it is a tombstone',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.publish(channel, 'before');
      await server.openGap(channel);
      await server.publish(channel, 'behind');
      await untilSeen(seen, ['before'], 'events up to the gap');
      await server.addTombstones(channel);
      await untilSeen(seen, ['before', 'behind'], 'all events');
    },
  },
  {
    name: 'continues after a long replay that ends early, even if a tombstone comes first',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.publish(channel, 'seen');
      const [first] = await server.events(channel);
      await server.openGap(channel);
      await server.addTombstones(channel);
      await publishAll(server, channel, numbered('e', 1, 30));
      await server.set({ replayLimit: 10 });
      const seen = record(connect().subscribe(channel, { after: first?.id }));
      await untilSeen(seen, numbered('e', 1, 30), 'events');
    },
  },
  {
    name: 'accepts several missed events in one frame, and single ones from a server that does not know batches',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.publish(channel, 'seen');
      const [first] = await server.events(channel);
      await publishAll(server, channel, numbered('e', 1, 30));
      await untilSeen(record(connect().subscribe(channel, { after: first?.id })), numbered('e', 1, 30), 'events in batches');
      await server.set({ noBatches: true });
      await untilSeen(record(connect().subscribe(channel, { after: first?.id })), numbered('e', 1, 30), 'events one by one');
    },
  },
  {
    name: 'asks again for a replay that a limit has postponed',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.publish(channel, 'seen');
      const [first] = await server.events(channel);
      await publishAll(server, channel, numbered('e', 1, 3));
      await server.set({ limitedReplays: 2 });
      const seen = record(connect().subscribe(channel, { after: first?.id }));
      await untilSeen(seen, numbered('e', 1, 3), 'events');
      equal((await server.stats()).subscribes, 3, 'frames that ask to subscribe');
    },
  },
  {
    name: 'announces that another epoch has begun, and continues live',
    transports: LANES,
    async run({ connect, server, channel }) {
      await publishAll(server, channel, numbered('old', 1, 3));
      const [first] = await server.events(channel);
      await server.wipe(channel);
      await publishAll(server, channel, numbered('skipped', 1, 2));
      const subscription = connect().subscribe(channel, { after: first?.id });
      const items: string[] = [];
      const reader = (async () => {
        for await (const item of subscription) if (items.push(toText(item)) === 2) break;
      })();
      await until(() => items.length === 1, 'the reset');
      await server.publish(channel, 'live');
      await reader;
      equal(items, ['reset: epoch_changed', 'live'], 'what the iterator yields');
    },
  },
  {
    name: 'announces that the position is past retention',
    transports: LANES,
    async run({ connect, server, channel }) {
      await publishAll(server, channel, numbered('e', 1, 3));
      const [first] = await server.events(channel);
      await server.expire(channel);
      const subscription = connect().subscribe(channel, { after: first?.id });
      const seen = record(subscription);
      await untilSeen(seen, ['reset: expired'], 'the reset');
      await server.publish(channel, 'live');
      await untilSeen(seen, ['reset: expired', 'live'], 'then live');
    },
  },
  {
    name: 'announces it too when the log is lost under a live subscription',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.publish(channel, 'old');
      await untilSeen(seen, ['old'], 'before');
      await server.wipe(channel);
      await server.cut();
      await untilSeen(seen, ['old', 'reset: epoch_changed'], 'the reset');
      await server.publish(channel, 'new');
      await untilSeen(seen, ['old', 'reset: epoch_changed', 'new'], 'then live');
    },
  },
  {
    name: 'changes the transport in mid-stream, repeatedly, without loss or repeat',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      await server.set({ double: true, reorder: true, dropEvery: 5 });
      // The last event of all may be lost as well.
      const connection = connect({ pingIntervalMs: 200 });
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const others = [...LANES.filter((lane) => lane !== transport), transport];
      for (const [turn, next] of [...others, ...others].entries()) {
        await publishAll(server, channel, numbered('e', turn * 20 + 1, turn * 20 + 10));
        connection.use(next);
        await publishAll(server, channel, numbered('e', turn * 20 + 11, turn * 20 + 20));
        await until(() => subscription.status.status === 'live' && subscription.status.transport === next, `live on ${next}`);
      }
      await untilSeen(seen, numbered('e', 1, 120), 'events');
      await until(async () => (await server.stats()).sockets === (transport === 'websocket' ? 1 : 0), 'the sockets left behind are closed');
    },
  },
  {
    name: 'serves several channels, and twice the same one from two positions',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      const [one, two] = [`${channel}.one`, `${channel}.two`];
      await publishAll(server, one, numbered('one', 1, 4));
      const [first] = await server.events(one);
      const connection = connect();
      const subscriptions = [connection.subscribe(one), connection.subscribe(one, { after: first?.id }), connection.subscribe(two)];
      const seen = subscriptions.map(record);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await publishAll(server, one, ['one 5']);
      await publishAll(server, two, ['two 1']);
      await untilSeen(seen[0] ?? [], ['one 5'], 'the live one');
      await untilSeen(seen[1] ?? [], numbered('one', 2, 5), 'the one that resumes');
      await untilSeen(seen[2] ?? [], ['two 1'], 'the other channel');
      if (transport === 'websocket') equal((await server.stats()).sockets, 1, 'sockets');
      subscriptions[0]?.close();
      await publishAll(server, one, ['one 6']);
      await untilSeen(seen[1] ?? [], numbered('one', 2, 6), 'the one that stays');
      equal(seen[0], ['one 5'], 'the one that was closed');
    },
  },
];
