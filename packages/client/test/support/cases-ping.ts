import { equal, numbered, publishAll, record, until, untilChecked, untilSeen } from './checks.ts';
import type { Case } from './control.ts';

const TRANSPORTS = ['websocket'] as const;

/** What the periodic check of a socket finds, and what it costs. */
export const PING_CASES: readonly Case[] = [
  {
    name: 'finds a last event that was lost, and asks again only for its channel',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const connection = connect({ pingIntervalMs: 100 });
      const subscriptions = [1, 2, 3, 4, 5].map((nth) => connection.subscribe(`${channel}.${nth}`));
      const seen = subscriptions.map(record);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await server.set({ dropEvery: 1 });
      await server.publish(`${channel}.3`, 'lost');
      await untilSeen(seen[2] ?? [], ['lost'], 'events');
      await untilChecked(server);
      equal((await server.stats()).subscribes, 6, 'frames that subscribe');
    },
  },
  {
    name: 'sends nothing but pings while nothing is missing',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 20 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, numbered('e', 1, 3));
      await untilSeen(seen, numbered('e', 1, 3), 'events');
      await untilChecked(server);
      equal((await server.stats()).subscribes, 1, 'frames that subscribe');
    },
  },
  {
    name: 'waits for an event that is on its way while it checks',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 8, gapWaitMs: 5_000 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      // What has no partner leaves late: pings in between find the log ahead.
      await server.set({ reorder: true });
      for (let nth = 1; nth <= 5; nth++) {
        await server.publish(channel, `e ${nth}`);
        await untilSeen(seen, numbered('e', 1, nth), 'events');
      }
      equal((await server.stats()).subscribes, 1, 'frames that subscribe');
    },
  },
  {
    name: 'asks for every channel where the server does not say where the log is',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      await server.set({ noHeads: true });
      const connection = connect({ pingIntervalMs: 100 });
      const subscriptions = [connection.subscribe(`${channel}.one`), connection.subscribe(`${channel}.two`)];
      const [seen = []] = subscriptions.map(record);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await server.set({ dropEvery: 1 });
      await server.publish(`${channel}.one`, 'lost');
      await untilSeen(seen, ['lost'], 'events');
      await until(async () => (await server.stats()).subscribes >= 4, 'both were asked for');
    },
  },
  {
    name: 'learns that the log was lost while nobody publishes',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.publish(channel, 'old');
      await untilSeen(seen, ['old'], 'before');
      await server.wipe(channel);
      await untilSeen(seen, ['old', 'reset: epoch_changed'], 'the reset');
    },
  },
  {
    name: 'learns that an older log was restored',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await publishAll(server, channel, numbered('e', 1, 3));
      await untilSeen(seen, numbered('e', 1, 3), 'before');
      await server.restore(channel, 1);
      await untilSeen(seen, [...numbered('e', 1, 3), 'reset: ahead'], 'the reset');
      await server.publish(channel, 'new');
      await untilSeen(seen, [...numbered('e', 1, 3), 'reset: ahead', 'new'], 'then live');
    },
  },
  {
    name: 'subscribes again where the server has forgotten the subscription',
    transports: TRANSPORTS,
    async run({ connect, server, channel }) {
      const subscription = connect({ pingIntervalMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.forget(channel);
      await server.publish(channel, 'unheard');
      await untilSeen(seen, ['unheard'], 'what was missed');
      await server.publish(channel, 'live');
      await untilSeen(seen, ['unheard', 'live'], 'then live');
    },
  },
];
