import { type ChannelEvent, type Connection, type HistoryOptions, LanesError } from '../../src/index.ts';
import { equal, numbered, publishAll, record, thrownBy, truthy, until, untilSeen } from './checks.ts';
import type { Case, CaseContext } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

async function pagesOf(connection: Connection, channel: string, options: HistoryOptions): Promise<readonly (readonly ChannelEvent[])[]> {
  const pages: (readonly ChannelEvent[])[] = [];
  for await (const page of connection.history(channel, options)) pages.push(page);
  return pages;
}

/** The data of all pages in the order of the channel. */
const inOrder = (pages: readonly (readonly ChannelEvent[])[]) => [...pages].reverse().flatMap((page) => page.map(({ data }) => data));

/** Events 1 to 20, among them a tombstone and, in front of `e 20`, a seq that may still be written. */
async function publishWithGaps({ server, channel }: CaseContext): Promise<void> {
  await publishAll(server, channel, numbered('e', 1, 12));
  await server.openGap(channel);
  await server.addTombstones(channel);
  await publishAll(server, channel, numbered('e', 13, 19));
  await server.openGap(channel);
  await server.publish(channel, 'e 20');
}

export const HISTORY_CASES: readonly Case[] = [
  {
    name: 'begins with the last events, and is live after them, each once',
    transports: [...LANES, 'auto'],
    async run(context) {
      const { connect, server, channel } = context;
      await publishWithGaps(context);
      await server.set({ double: true, reorder: true });
      const subscription = connect().subscribe(channel, { last: 9 });
      const seen = record(subscription);
      await until(() => seen.length >= 9, 'the settled events have come');
      await server.addTombstones(channel);
      await publishAll(server, channel, numbered('e', 21, 25));
      await untilSeen(seen, numbered('e', 11, 25), 'events');
      await server.cut();
      await server.publish(channel, 'e 26');
      await untilSeen(seen, numbered('e', 11, 26), 'events, without the last ones again');
    },
  },
  {
    name: 'begins with all events if there are fewer than the last that are wanted, and with none if there are none',
    transports: LANES,
    async run({ connect, server, channel }) {
      const empty = record(connect().subscribe(`${channel}.empty`, { last: 5 }));
      await publishAll(server, channel, numbered('e', 1, 3));
      const seen = record(connect().subscribe(channel, { last: 5 }));
      await untilSeen(seen, numbered('e', 1, 3), 'events');
      await server.publish(`${channel}.empty`, 'first');
      await untilSeen(empty, ['first'], 'events of the empty channel');
    },
  },
  {
    name: 'resumes after a cursor, whatever is wanted of the last events',
    transports: LANES,
    async run({ connect, server, channel }) {
      await publishAll(server, channel, numbered('e', 1, 5));
      const [, second] = await server.events(channel);
      await untilSeen(record(connect().subscribe(channel, { after: second?.id, last: 1 })), numbered('e', 3, 5), 'events');
    },
  },
  {
    name: 'reads the history backwards in pages, to its beginning',
    transports: [...LANES, 'auto'],
    async run(context) {
      const { connect, server, channel } = context;
      await publishWithGaps(context);
      const connection = connect();
      const pages = await pagesOf(connection, channel, { limit: 4 });
      equal(inOrder(pages), numbered('e', 1, 19), 'all that is settled');
      truthy(
        pages.every((page) => page.length > 0 && page.length <= 4),
        'pages of at most four',
      );
      const [first] = pages[0] ?? [];
      equal([first?.kind, first?.channel], ['event', channel], 'an event');
      equal(inOrder(await pagesOf(connection, channel, { before: first?.id })), numbered('e', 1, 15), 'what is before an event');
      equal(await pagesOf(connection, `${channel}.unused`, {}), [], 'of a channel that was never used');
      await server.expire(channel);
      equal(await pagesOf(connection, channel, {}), [], 'after its expiry');
    },
  },
  {
    name: 'reads the history although the server fails at first, and one page for each time it is asked',
    transports: ['poll', 'websocket'],
    async run({ connect, server, channel, transport }) {
      await publishAll(server, channel, numbered('e', 1, 9));
      await server.set(transport === 'poll' ? { failures: { times: 2, status: 503 } } : { brokenFrames: 2 });
      const history = connect().history(channel, { limit: 3 });
      const first = await history.next();
      equal(inOrder([first.value ?? []]), numbered('e', 7, 9), 'the first page');
      await server.expire(channel);
      equal((await history.next()).done, true, 'nothing was read ahead');
    },
  },
  {
    name: 'does not read the history of a forbidden channel, and of none after the connection has closed',
    transports: LANES,
    async run({ connect, server, channel }) {
      const refused = await thrownBy(() => pagesOf(connect(), 'forbidden', {}));
      truthy(refused instanceof LanesError && refused.code === 'forbidden', `forbidden: ${refused}`);
      const invalid = await thrownBy(() => pagesOf(connect(), 'a b', {}));
      truthy(invalid instanceof LanesError && invalid.code === 'invalid_channel', `invalid: ${invalid}`);
      await server.set({ mute: true });
      const connection = connect();
      const pending = thrownBy(() => pagesOf(connection, channel, {}));
      connection.close();
      const closed = await pending;
      truthy(closed instanceof LanesError && closed.code === 'closed', `closed: ${closed}`);
    },
  },
  {
    name: 'hands out the bytes of the history',
    transports: LANES,
    async run({ connect, channel }) {
      const connection = connect();
      await connection.publish(channel, { data: Uint8Array.of(0, 255) });
      const [[event] = []] = await pagesOf(connection, channel, {});
      equal(event?.bytes?.join(), '0,255', 'bytes');
    },
  },
];
