import { MAX_CHANNELS } from '../../../protocol/channel.ts';
import { toLanesError } from '../../src/errors.ts';
import type { Connection, Subscription } from '../../src/index.ts';
import { equal, numbered, record, thrownBy, until, untilSeen } from './checks.ts';
import type { Case, CaseContext } from './control.ts';

const OVER_HTTP = ['sse', 'poll', 'auto'] as const;

function subscribeToMany(connection: Connection, channel: string, count: number): readonly Subscription[] {
  return Array.from({ length: count }, (_, n) => connection.subscribe(`${channel}.${n}`));
}

const openRequests = async ({ server }: CaseContext) => {
  const { streams, polls } = await server.stats();
  return streams + polls;
};

/** Publishes to each of them, and waits until each has its own and nothing else. */
async function untilEachHasItsOwn(subscriptions: readonly Subscription[], { server }: CaseContext, rounds = ['a', 'b']): Promise<void> {
  const seen = subscriptions.map((subscription) => record(subscription));
  for (const round of rounds) for (const { channel } of subscriptions) await server.publish(channel, `${channel} ${round}`);
  for (const [index, { channel }] of subscriptions.entries()) {
    await untilSeen(
      seen[index] ?? [],
      rounds.map((round) => `${channel} ${round}`),
      `events of ${channel}`,
    );
  }
}

/** Many subscriptions of one connection. */
export const SHARING_CASES: readonly Case[] = [
  {
    name: 'serves 40 subscriptions with at most four requests at once, and publishes beside them',
    transports: OVER_HTTP,
    async run(context) {
      const { connect, channel } = context;
      const connection = connect();
      const subscriptions = subscribeToMany(connection, channel, 40);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await connection.publish(channel, { data: 'aside' });
      await untilEachHasItsOwn(subscriptions, context);
      const open = await openRequests(context);
      equal(open <= 4, true, `at most 4 requests, and there are ${open}`);
    },
  },
  {
    name: 'loses and repeats nothing while subscriptions come and go',
    transports: [...OVER_HTTP, 'websocket'],
    async run(context) {
      const { connect, channel, server } = context;
      const connection = connect();
      const staying = subscribeToMany(connection, channel, 4);
      await Promise.all(staying.map(({ ready }) => ready));
      const seen = staying.map((subscription) => record(subscription));
      const sent = numbered('event', 1, 10);
      for (const [index, data] of sent.entries()) {
        for (const { channel: name } of staying) await server.publish(name, data);
        const guest = connection.subscribe(`${channel}.guest.${index}`);
        await guest.ready;
        guest.close();
      }
      for (const events of seen) await untilSeen(events, sent, 'events');
    },
  },
  {
    name: 'resumes all subscriptions of a request that broke',
    transports: [...OVER_HTTP, 'websocket'],
    async run(context) {
      const { connect, channel, server } = context;
      const subscriptions = subscribeToMany(connect(), channel, 5);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      const seen = subscriptions.map((subscription) => record(subscription));
      await server.cut();
      for (const { channel: name } of subscriptions) await server.publish(name, 'missed');
      for (const events of seen) await untilSeen(events, ['missed'], 'events');
    },
  },
  {
    name: 'tells each subscription of a shared request about its own reset',
    transports: [...OVER_HTTP, 'websocket'],
    async run(context) {
      const { connect, channel, server } = context;
      const subscriptions = subscribeToMany(connect(), channel, 4);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await untilEachHasItsOwn(subscriptions, context);
      const [first, ...others] = [...subscriptions].reverse() as [Subscription, ...Subscription[]];
      const resets: string[] = [];
      for (const subscription of subscriptions) subscription.addEventListener('reset', ({ detail }) => resets.push(detail.channel));
      await server.wipe(first.channel);
      await server.publish(first.channel, 'of another epoch');
      await server.cut();
      await until(() => resets.length > 0, 'the reset has come');
      await untilEachHasItsOwn(others, context, ['c']);
      equal(resets.join(), first.channel, 'channels that were reset');
    },
  },
  {
    name: 'ends only the subscription whose channel is forbidden',
    transports: [...OVER_HTTP, 'websocket'],
    async run(context) {
      const { connect, channel } = context;
      const connection = connect();
      const subscriptions = subscribeToMany(connection, channel, 4);
      const forbidden = connection.subscribe('forbidden');
      equal(toLanesError(await thrownBy(() => forbidden.ready)).code, 'forbidden', 'code');
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await untilEachHasItsOwn(subscriptions, context);
    },
  },
  {
    name: 'reads one channel several times, from where each reader stands',
    transports: OVER_HTTP,
    async run({ connect, channel, server }) {
      const connection = connect();
      const events = [];
      for (const data of ['one', 'two', 'three', 'four']) events.push(await server.publish(channel, data));
      const readers = events.map(({ id }) => record(connection.subscribe(channel, { after: id })));
      await untilSeen(readers[0] ?? [], ['two', 'three', 'four'], 'events after the first');
      await untilSeen(readers[2] ?? [], ['four'], 'events after the third');
      await server.publish(channel, 'five');
      await untilSeen(readers[3] ?? [], ['five'], 'events after the fourth');
    },
  },
  {
    name: 'a reader that is full does not hold up the others of its request',
    transports: OVER_HTTP,
    async run(context) {
      const { connect, channel, server } = context;
      const subscriptions = subscribeToMany(connect({ bufferLimit: 5 }), channel, 4);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      const [full, ...others] = [...subscriptions].reverse() as [Subscription, ...Subscription[]];
      const sent = numbered('event', 1, 12);
      for (const data of sent) await server.publish(full.channel, data);
      await until(() => full.status.status === 'paused', 'one is full');
      await untilEachHasItsOwn(others, context);
      await untilSeen(record(full), sent, 'events of the one that was full');
    },
  },
  {
    name: 'says which subscription is one too many',
    transports: OVER_HTTP,
    async run({ connect, channel }) {
      const connection = connect({ maxStreams: 1 });
      const subscriptions = subscribeToMany(connection, channel, MAX_CHANNELS);
      const error = toLanesError(await thrownBy(() => connection.subscribe(`${channel}.more`).ready));
      equal(error.code, 'too_many_subscriptions', 'code');
      equal(error.message.includes(`${channel}.more`) && error.message.includes('maxStreams'), true, error.message);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      subscriptions[0]?.close();
      await connection.subscribe(`${channel}.again`).ready;
    },
  },
];
