import { type ChannelItem, LanesError } from '../../src/index.ts';
import { equal, numbered, record, thrownBy, toText, truthy, until, untilSeen } from './checks.ts';
import type { Case, ServerControl } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;
const EVERY = [...LANES, 'auto'] as const;

async function openConnections(server: ServerControl): Promise<number> {
  const { streams, polls, sockets } = await server.stats();
  return streams + polls + sockets;
}

/** `ReadableStream.from`, which Chromium lacks. */
function toWebStream(items: AsyncIterable<ChannelItem>): ReadableStream<ChannelItem> {
  const { from } = ReadableStream as { readonly from?: (items: AsyncIterable<ChannelItem>) => ReadableStream<ChannelItem> };
  if (from !== undefined) return from.call(ReadableStream, items);
  const iterator = items[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await iterator.return?.(reason);
    },
  });
}

/** How an application reads, and stops reading. */
export const READING_CASES: readonly Case[] = [
  {
    name: 'pauses for a slow reader, and loses nothing',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect({ bufferLimit: 10 }).subscribe(channel);
      await subscription.ready;
      for (const data of numbered('e', 1, 25)) await server.publish(channel, data);
      await until(() => subscription.status.status === 'paused', 'paused');
      await until(async () => {
        const { streams, polls, subscriptions } = await server.stats();
        return streams + polls + subscriptions === 0;
      }, 'nothing is delivered any more');
      const { delivered } = await server.stats();
      for (const data of numbered('e', 26, 100)) await server.publish(channel, data);
      equal((await server.stats()).delivered, delivered, 'events delivered to a paused subscription');
      const items: string[] = [];
      for await (const item of subscription) if (items.push(toText(item)) === 100) break;
      equal(items, numbered('e', 1, 100), 'events');
    },
  },
  {
    name: 'keeps events that arrive before anybody reads',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      await subscription.ready;
      await server.publish(channel, 'early');
      await until(async () => (await server.stats()).delivered === 1, 'delivered');
      const seen = record(subscription);
      await server.publish(channel, 'late');
      await untilSeen(seen, ['early', 'late'], 'events');
    },
  },
  {
    name: 'the cursor is that of the last item read, not of the last one received',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      await subscription.ready;
      const baseline = subscription.cursor;
      for (const data of numbered('e', 1, 3)) await server.publish(channel, data);
      await until(async () => (await server.stats()).delivered === 3, 'delivered');
      equal(subscription.cursor, baseline, 'before reading');
      const iterator = subscription[Symbol.asyncIterator]();
      const { value } = await iterator.next();
      equal([value?.kind === 'event' && value.data, subscription.cursor], ['e 1', value?.kind === 'event' && value.id], 'after one');
      await iterator.return?.();
    },
  },
  {
    name: 'a listener may close the subscription, and hears nothing after that',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect().subscribe(channel);
      const heard: string[] = [];
      subscription.addEventListener('event', ({ detail }) => {
        heard.push(detail.data);
        subscription.close();
      });
      subscription.addEventListener('status', ({ detail }) => {
        if (detail.status !== 'connecting') heard.push(detail.status);
      });
      await subscription.ready;
      for (const data of numbered('e', 1, 3)) await server.publish(channel, data);
      await until(() => subscription.status.status === 'closed', 'closed');
      await until(async () => (await server.stats()).subscriptions === 0, 'nothing is delivered any more');
      equal(heard, ['live', 'e 1', 'closed'], 'what is heard');
    },
  },
  {
    name: 'leaving the loop closes the subscription, but not the connection',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      await server.set({ slowFrames: { unsubscribe: 50 } });
      const connection = connect();
      const subscription = connection.subscribe(channel);
      await subscription.ready;
      await server.publish(channel, 'e 1');
      for await (const item of subscription) {
        equal(toText(item), 'e 1', 'the event');
        break;
      }
      equal(subscription.status.status, 'closed', 'status');
      // At once again on the same channel: leaving it must not overtake coming back.
      const again = connection.subscribe(channel);
      const seen = record(again);
      await again.ready;
      if (transport === 'websocket') await until(async () => (await server.stats()).unsubscribes === 1, 'unsubscribed');
      await server.publish(channel, 'e 2');
      await untilSeen(seen, ['e 2'], 'events');
      again.close();
      await until(async () => (await openConnections(server)) === (transport === 'websocket' ? 1 : 0), 'its stream is closed');
    },
  },
  {
    name: 'an iterator that waits can be closed',
    transports: EVERY,
    async run({ connect, server, channel, transport }) {
      const connection = connect();
      for (const how of ['return', 'throw'] as const) {
        const subscription = connection.subscribe(channel);
        await subscription.ready;
        const iterator = subscription[Symbol.asyncIterator]();
        const pending = [iterator.next(), iterator.next()];
        const [ended] = await Promise.allSettled([iterator[how]?.(new RangeError('enough'))]);
        equal(ended?.status, how === 'return' ? 'fulfilled' : 'rejected', `the outcome of ${how}()`);
        equal(
          (await Promise.all(pending)).map(({ done }) => done),
          [true, true],
          'what waited is done',
        );
        equal((await iterator.next()).done, true, 'and so is what comes later');
        equal(subscription.status.status, 'closed', `status after ${how}()`);
      }
      await until(async () => (await openConnections(server)) === (transport === 'websocket' ? 1 : 0), 'nothing is open');
    },
  },
  {
    name: 'an iterator can be closed before it is read',
    transports: EVERY,
    async run({ connect, server, channel, transport }) {
      const connection = connect();
      for (const how of ['return', 'throw'] as const) {
        const subscription = connection.subscribe(channel);
        await subscription.ready;
        const iterator = subscription[Symbol.asyncIterator]();
        await Promise.allSettled([iterator[how]?.()]);
        equal([subscription.status.status, (await iterator.next()).done], ['closed', true], `after ${how}()`);
      }
      await until(async () => (await openConnections(server)) === (transport === 'websocket' ? 1 : 0), 'nothing is open');
    },
  },
  {
    name: 'a web stream of a subscription can be cancelled while it waits',
    transports: EVERY,
    async run({ connect, server, channel, transport }) {
      const connection = connect();
      for (const isRead of [false, true]) {
        const subscription = connection.subscribe(channel);
        await subscription.ready;
        const reader = toWebStream(subscription).getReader();
        const read = isRead ? reader.read() : undefined;
        await reader.cancel();
        equal([subscription.status.status, (await read)?.done ?? true], ['closed', true], 'status, and what waited');
      }
      await until(async () => (await openConnections(server)) === (transport === 'websocket' ? 1 : 0), 'nothing is open');
    },
  },
  {
    name: 'a signal ends the subscription, and the loop with it',
    transports: LANES,
    async run({ connect, server, channel }) {
      const abort = new AbortController();
      const subscription = connect().subscribe(channel, { signal: abort.signal });
      await subscription.ready;
      setTimeout(() => abort.abort(), 20);
      for await (const item of subscription) truthy(false, `nothing comes, not ${toText(item)}`);
      equal(subscription.status.status, 'closed', 'status');
      await until(async () => (await server.stats()).streams + (await server.stats()).polls === 0, 'its stream is closed');
    },
  },
  {
    name: 'closing the connection leaves nothing open on the server, whenever it happens',
    transports: LANES,
    async run({ connect, server, channel }) {
      for (const moment of ['at once', 'connecting', 'live', 'waiting']) {
        if (moment === 'waiting') await server.set({ failures: { times: 1_000, status: 503 } });
        const connection = connect({ reconnectMinMs: 100_000 });
        const subscription = connection.subscribe(channel);
        if (moment === 'connecting') await new Promise((resolve) => setTimeout(resolve, 1));
        if (moment === 'live') await subscription.ready;
        if (moment === 'waiting') await until(() => subscription.status.status === 'waiting', 'waiting');
        connection.close();
        equal(subscription.status.status, 'closed', `status when closed ${moment}`);
        truthy((await thrownBy(() => connection.subscribe(channel))) instanceof LanesError, 'nothing can be subscribed after that');
      }
      await until(async () => (await openConnections(server)) === 0, 'nothing is open');
    },
  },
];
