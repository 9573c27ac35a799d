import type { Activity, Connection } from '../../src/index.ts';
import { equal, numbered, record, truthy, until, untilSeen } from './checks.ts';
import type { Case } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

function recordActivities(connection: Connection): Activity[] {
  const activities: Activity[] = [];
  connection.addEventListener('activity', ({ detail }) => activities.push(detail));
  return activities;
}

/** What telemetry hears of what the client hides from readers. */
export const ACTIVITY_CASES: readonly Case[] = [
  {
    name: 'reports nothing while nothing goes wrong',
    transports: LANES,
    async run({ connect, server, channel }) {
      const connection = connect();
      const activities = recordActivities(connection);
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      for (const data of numbered('e', 1, 20)) await server.publish(channel, data);
      await untilSeen(seen, numbered('e', 1, 20), 'events');
      equal(activities, [], 'activities');
    },
  },
  {
    name: 'reports from where a connection resumes, before what it replays',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      for (const data of ['seen', 'missed 1', 'missed 2']) await server.publish(channel, data);
      const [first] = await server.events(channel);
      const connection = connect();
      const order: string[] = [];
      connection.addEventListener('activity', ({ detail }) => {
        const { kind } = detail;
        order.push(kind === 'resumed' ? `resumed ${detail.replayed} after ${detail.after}` : kind);
      });
      const subscription = connection.subscribe(channel, { after: first?.id });
      subscription.addEventListener('event', ({ detail }) => order.push(detail.data));
      // A stream has no mark for the end of a replay.
      const end = transport === 'sse' ? [] : [`resumed 2 after ${first?.id}`];
      await untilSeen(order, ['resuming', 'missed 1', 'missed 2', ...end], 'activities and events');
    },
  },
  {
    name: 'reports each resumption once, even if the connection is cut',
    transports: ['sse', 'websocket'],
    async run({ connect, server, channel }) {
      const connection = connect();
      const activities = recordActivities(connection);
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const { id } = await server.publish(channel, 'before');
      await untilSeen(seen, ['before'], 'events');
      await server.cut();
      await server.publish(channel, 'missed');
      await untilSeen(seen, ['before', 'missed'], 'events');
      equal(
        activities.filter(({ kind }) => kind === 'resuming'),
        [{ kind: 'resuming', after: id, channel }],
        'resumptions',
      );
    },
  },
  {
    name: 'reports repeats that it drops',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ double: true });
      const connection = connect();
      const activities = recordActivities(connection);
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      for (const data of numbered('e', 1, 5)) await server.publish(channel, data);
      await untilSeen(seen, numbered('e', 1, 5), 'events');
      await until(() => activities.length >= 5, 'five repeats');
      const ids = (await server.events(channel)).map(({ id }) => id);
      equal(
        activities,
        ids.map((id) => ({ kind: 'repeat', id, channel })),
        'repeats',
      );
    },
  },
  {
    name: 'reports a gap that it closed by asking, with the number of events found',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const connection = connect();
      const activities = recordActivities(connection);
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const { cursor } = subscription;
      await server.set({ dropEvery: 1 });
      await server.publish(channel, 'lost 1');
      await server.publish(channel, 'lost 2');
      await server.set({ dropEvery: 0 });
      await server.publish(channel, 'arrived');
      await untilSeen(seen, ['lost 1', 'lost 2', 'arrived'], 'events');
      await until(() => activities.some(({ kind }) => kind === 'gapClosed'), 'the gap is closed');
      const closed = activities.find(({ kind }) => kind === 'gapClosed');
      equal(closed, { kind: 'gapClosed', after: cursor, found: 2, channel }, 'the gap');
    },
  },
  {
    name: 'reports a tombstone that it skips as a gap without events',
    transports: LANES,
    async run({ connect, server, channel }) {
      const connection = connect();
      const activities = recordActivities(connection);
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const { id } = await server.publish(channel, 'before');
      await server.openGap(channel);
      await server.addTombstones(channel);
      await server.publish(channel, 'behind');
      await untilSeen(seen, ['before', 'behind'], 'events');
      await until(() => activities.some(({ kind }) => kind === 'gapClosed'), 'the gap is closed');
      const [closed] = activities.filter(({ kind }) => kind === 'gapClosed');
      truthy(closed?.kind === 'gapClosed' && closed.after === id && closed.found === 0, `the gap: ${JSON.stringify(closed)}`);
    },
  },
];
