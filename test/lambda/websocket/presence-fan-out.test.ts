import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodePresenceNotification } from '../../../backbone/domain/presence.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import { presenceOf } from '../../../lambda/websocket/domain/connection.ts';
import { fanOutPresence, type PresenceFanOutDependencies } from '../../../lambda/websocket/fan-out-presence.ts';
import { MemoryConnectionStore } from '../../../lambda/websocket/memory/memory-connection-store.ts';
import type { PostOutcome } from '../../../lambda/websocket/ports.ts';
import { EVERYBODY } from '../../support/access.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from '../support/recorded-telemetry.ts';
import { runToEnd } from './support/run-to-end.ts';
import { ScriptedPoster } from './support/scripted-poster.ts';

const CHANNEL = 'room';

let clock: ManualClock;
let store: MemoryConnectionStore;
let presence: MemoryPresenceStore;
let poster: ScriptedPoster;
let outcomes: Map<string, PostOutcome>;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000 });
  presence = new MemoryPresenceStore({ clock });
  outcomes = new Map();
  poster = new ScriptedPoster((id) => outcomes.get(id) ?? { kind: 'sent' });
});

async function follow(connectionId: string, channel = CHANNEL): Promise<void> {
  await store.open({ ...EVERYBODY, connectionId, connectedAtMs: clock.nowMs() });
  await store.subscribe(connectionId, presenceOf(channel));
}

async function join(members: readonly string[], data = ''): Promise<void> {
  const leaseUntilMs = clock.nowMs() + 600_000;
  const rows = members.map((member) => ({
    channel: CHANNEL,
    owner: `of ${member}`,
    member,
    data,
    connections: 1,
    version: 1,
    leaseUntilMs,
  }));
  await presence.write(rows, []);
}

const told = (member: string, channel = CHANNEL) => ({
  messageId: `${channel} ${member}`,
  body: encodePresenceNotification({ channel, owner: 'o', changes: [{ member, data: '', connections: 1, version: 1 }] }),
});

function fanOut(records: readonly { messageId: string; body: string }[], more: Partial<PresenceFanOutDependencies> = {}) {
  const deps = { store, presence, poster, clock, random: () => 0.5, postConcurrency: 10, postsPerSecond: 100, ...more };
  return runToEnd(clock, fanOutPresence(records, clock.nowMs() + 20_000, deps, recordTelemetry('websocket').telemetry));
}

const numbered = (count: number) => Array.from({ length: count }, (_, nth) => `user ${nth}`);

test('hundreds of changes are one read, and one frame for each connection that follows', async () => {
  await follow('f1');
  await follow('f2');
  await follow('elsewhere', 'hall');
  await join(numbered(400));
  const report = await fanOut(numbered(800).map((member) => told(member)));
  expect(presence.counts.reads).toBe(1);
  for (const connectionId of ['f1', 'f2']) {
    const [frame, ...others] = poster.sentTo(connectionId);
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ kind: 'presence', channel: CHANNEL, count: 400 });
    const changes = frame?.kind === 'presence' ? (frame.changes ?? []) : [];
    expect(changes.filter(({ connections }) => connections === 1)).toHaveLength(400);
    expect(changes.filter(({ connections }) => connections === 0)).toHaveLength(400);
  }
  expect(poster.sentTo('elsewhere')).toEqual([]);
  expect(report).toEqual({ goneConnections: 0, closedConnections: 0, throttledPosts: 0, presenceDropped: 0, unfinished: [] });
});

test('the frame says what is so now, whatever the notification said', async () => {
  await follow('f1');
  await join(['ann'], 'new');
  await fanOut([told('ann'), told('bob')]);
  expect(poster.sentTo('f1')).toMatchObject([
    {
      changes: [
        { id: 'ann', connections: 1, data: 'new' },
        { id: 'bob', connections: 0 },
      ],
    },
  ]);
});

test('above 1,000 members there is only the count', async () => {
  await follow('f1');
  await join(numbered(1_001));
  await fanOut([told('user 1')]);
  expect(poster.sentTo('f1')).toEqual([{ kind: 'presence', channel: CHANNEL, count: 1_001, state: expect.any(String) }]);
});

test('a channel that nobody follows is not read', async () => {
  await join(['ann']);
  await fanOut([told('ann')]);
  expect(presence.counts.reads).toBe(0);
});

test('posts keep to their rate', async () => {
  for (let nth = 0; nth < 30; nth++) await follow(`f${nth}`);
  await join(['ann']);
  const startedAtMs = clock.nowMs();
  await fanOut([told('ann')], { postsPerSecond: 10 });
  expect(poster.posts).toHaveLength(30);
  expect(clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(2_900);
});

describe('a connection', () => {
  test('that is gone loses its rows', async () => {
    await follow('gone');
    outcomes.set('gone', { kind: 'gone' });
    expect(await fanOut([told('ann')])).toMatchObject({ goneConnections: 1, presenceDropped: 0 });
    expect(await store.find('gone')).toBeUndefined();
    expect((await store.subscribers(presenceOf(CHANNEL), 10)).subscribers).toEqual([]);
  });

  test('that does not take the frame is counted, and delays nobody', async () => {
    await follow('slow');
    await follow('good');
    outcomes.set('slow', { kind: 'throttled' });
    expect(await fanOut([told('ann')])).toMatchObject({ presenceDropped: 1, unfinished: [] });
    expect(poster.sentTo('good')).toHaveLength(1);
  });
});

test('what cannot be read or understood is given back, and nothing else', async () => {
  await follow('f1');
  await follow('f2', 'hall');
  const read = async (channel: string) => {
    if (channel === 'hall') throw new Error('busy');
    return presence.read(channel);
  };
  const records = [
    told('ann'),
    told('ann', 'hall'),
    { messageId: 'bad', body: 'hello' },
    { messageId: 'event', body: '{"channel":"room"}' },
  ];
  const { unfinished } = await fanOut(records, { presence: { read } });
  expect([...unfinished].sort()).toEqual(['bad', 'event', 'hall ann']);
  expect(poster.sentTo('f1')).toHaveLength(1);
});
