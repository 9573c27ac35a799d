/** Streams and polls that begin with a channel's last events. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { formatCursor, parseCursor } from '../../../../packages/protocol/cursor.ts';
import { headOf } from '../../../support/head-of.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf, RETENTION_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: HubWorld;
const stays = new AbortController().signal;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

async function store(channel: string, from: number, to: number, text = ''): Promise<readonly ChannelEvent[]> {
  const events: ChannelEvent[] = [];
  for (let n = from; n <= to; n++) events.push(await world.store(channel, `${channel}${n}${text}`));
  return events;
}

const numbered = (channel: string, from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `${channel}${from + index}`);

const openLast = (channels: readonly string[], last: number, lastEventId?: string) =>
  world.open(channels, lastEventId, new FakeSink(), last);

async function poll(channels: readonly string[], last: number, after?: string) {
  const cursor = after === undefined ? undefined : parseCursor(after, channels);
  const outcome = await world.hub.poll({ channels, cursor, last }, 0, stays);
  if (outcome.kind !== 'page') throw new Error(outcome.kind);
  outcome.release();
  return {
    data: outcome.page.events.map(({ data }) => data),
    cursor: formatCursor(channels, outcome.page.cursor),
    resets: outcome.page.resets,
  };
}

describe('a stream', () => {
  test('begins before the last events, gets these, and is live after them', async () => {
    const events = await store('a', 1, 10);
    const { sink } = await openLast(['a'], 3);
    await world.publish('a', 'a11');
    await until(() => sink.data.at(-1) === 'a11');
    expect(sink.data).toEqual(numbered('a', 8, 11));
    // A frame of its own, so that a client whose stream is cut here resumes before these events.
    expect(sink.text).toMatch(new RegExp(`^retry: \\d+\nid: ${idOf(events[6] as ChannelEvent)}\n\n`));
    expect(sink.events.map(({ id }) => id).slice(0, 3)).toEqual(events.slice(-3).map(idOf));
  });

  test('ends its opening although there are no events', async () => {
    expect((await openLast(['a'], 3)).sink.text).toMatch(/^retry: \d+\nid: 0\.0\n\n/);
    const { epoch } = await world.store('b', 'expired');
    await world.clock.advance(RETENTION_MS);
    expect((await openLast(['b'], 3)).sink.text).toMatch(new RegExp(`^retry: \\d+\nid: ${epoch}.1\n\n`));
  });

  test('resumes at its cursor, and begins with the last events only in channels that the cursor leaves out', async () => {
    const [first] = await store('a', 1, 5);
    await store('b', 1, 5);
    const { sink } = await openLast(['a', 'b'], 2, `a=${idOf(first as ChannelEvent)}`);
    await until(() => sink.data.length === 6);
    expect([...sink.data].sort()).toEqual([...numbered('a', 2, 5), ...numbered('b', 4, 5)]);
    const resumed = await openLast(['a'], 3, idOf(first as ChannelEvent));
    await until(() => resumed.sink.data.length === 4);
    expect(resumed.sink.data).toEqual(numbered('a', 2, 5));
  });

  test('misses nothing and gets nothing twice while events are published as it opens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 25 }),
        fc.integer({ min: 0, max: 6 }),
        async (last, before, after) => {
          world.hub.close();
          world = new HubWorld();
          await store('a', 1, before);
          const { sink, stream } = world.attach(['a'], undefined, new FakeSink(), last);
          const steps = Array.from({ length: after }, (_, n) => world.publish('a', `a${before + n + 1}`));
          await Promise.all([stream.opened, ...steps]);
          await world.publish('a', 'end');
          await until(() => sink.data.at(-1) === 'end');
          const got = sink.data.slice(0, -1);
          // What is published while it opens is live, or counts among the last.
          expect(got).toEqual(numbered('a', before + after - got.length + 1, before + after));
          expect(got.length).toBeGreaterThanOrEqual(Math.min(last, before + after));
          expect(got.length).toBeLessThanOrEqual(last + after);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('skips tombstones and what has expired, and passes a gap that nobody has tombstoned yet', async () => {
    await store('a', 1, 3);
    await world.clock.advance(RETENTION_MS);
    await store('a', 4, 5);
    const { epoch, seq } = await world.log.allocate('a');
    await world.log.tombstone('a', { epoch, seq }, world.clock.nowMs());
    await world.log.allocate('a');
    await store('a', 6, 7);
    await world.clock.advance(GRACE_MS + 1);
    const { sink } = await openLast(['a'], 10);
    await until(() => sink.data.length === 4);
    expect(sink.data).toEqual(numbered('a', 4, 7));
    await world.clock.advance(GRACE_MS);
    expect(sink.events.some(({ event }) => event === 'reset')).toBe(false);
  });

  test('gets events that expire in the ring only as long as they are kept', async () => {
    await world.open(['a']);
    for (let n = 1; n <= 3; n++) await world.publish('a', `a${n}`);
    await world.clock.advance(RETENTION_MS);
    await world.publish('a', 'a4');
    const { sink } = await openLast(['a'], 10);
    await until(() => sink.data.length > 0);
    await idle();
    expect(sink.data).toEqual(['a4']);
  });

  test('has no part of an earlier epoch', async () => {
    await world.open(['a']);
    for (let n = 1; n <= 3; n++) await world.publish('a', `a${n}`);
    world.log.wipe();
    await world.publish('a', 'anew');
    const { epoch } = await headOf(world.log, 'a');
    await until(async () => (await poll(['a'], 1)).cursor === `${epoch}.1`);
    const { sink } = await openLast(['a'], 10);
    await until(() => sink.data.length > 0);
    await idle();
    expect(sink.data).toEqual(['anew']);
  });

  test('gets the last events from the log if they are too large for a ring', async () => {
    world = new HubWorld({ budget: createTaskBudget(2 * 1024 * 1024), maxUnsentBytes: 10_000_000 });
    await store('a', 1, 60, ' '.repeat(20_000));
    const { sink } = await openLast(['a'], 40);
    await until(() => sink.data.length === 40);
    expect(sink.data.map((data) => data.trim())).toEqual(numbered('a', 21, 60));
  });

  test('gets no more of an ephemeral channel', async () => {
    world = new HubWorld({ kindOf: kindsBy([{ match: 'typing', kind: 'ephemeral' }]) });
    await store('a', 1, 5);
    const { sink } = await openLast(['a', 'typing'], 2);
    await until(() => sink.data.length === 2);
    expect(sink.data).toEqual(numbered('a', 4, 5));
  });

  test('that ends while it looks for its place ends silently, and one for which the log cannot be read fails', async () => {
    await store('a', 1, 5);
    const left = world.attach(['a'], undefined, new FakeSink(), 2);
    left.stream.detach();
    await left.stream.opened;
    expect(left.sink.writes).toEqual([]);
    const broken = jest.spyOn(world.log, 'readBack').mockRejectedValue(new Error('no log'));
    world.hub.close();
    const other = new HubWorld();
    Object.assign(other.log, { readBack: broken });
    await other.store('a', 'x');
    await expect(other.open(['a'], undefined, new FakeSink(), 2)).rejects.toThrow('no log');
    other.hub.close();
  });
});

describe('a poll', () => {
  test('returns the last events, and its cursor continues after them', async () => {
    const events = await store('a', 1, 10);
    expect(await poll(['a'], 3)).toEqual({ data: numbered('a', 8, 10), cursor: idOf(events[9] as ChannelEvent), resets: [] });
  });

  test('continues at its cursor, whatever is wanted of the last events', async () => {
    const events = await store('a', 1, 5);
    expect((await poll(['a'], 1, idOf(events[1] as ChannelEvent))).data).toEqual(numbered('a', 3, 5));
    expect((await poll(['a'], 1, idOf(events[4] as ChannelEvent))).data).toEqual([]);
  });

  test('returns the last events of each channel that its cursor leaves out', async () => {
    const [first] = await store('a', 1, 3);
    await store('b', 1, 3);
    expect((await poll(['a', 'b'], 1, `a=${idOf(first as ChannelEvent)}`)).data).toEqual(['a2', 'a3', 'b3']);
  });
});

test.each([
  ['young', 0],
  ['older than its retention', RETENTION_MS],
])('a thousand streams that begin with the last events of a channel that is %s cost a few reads of the log', async (_, ageMs) => {
  world = new HubWorld({ maxStreams: 2_000 });
  await store('a', 1, 3);
  await world.clock.advance(ageMs);
  await store('a', 4, 150);
  await world.clock.advance(2 * GRACE_MS);
  const spies = (['head', 'read', 'readBack'] as const).map((method) => jest.spyOn(world.log, method));
  const sinks = await Promise.all(Array.from({ length: 1_000 }, async (_, n) => (await openLast(['a'], 1 + (n % 200))).sink));
  await until(() => sinks.every(({ data }) => data.length > 0));
  expect(spies.reduce((calls, { mock }) => calls + mock.calls.length, 0)).toBeLessThanOrEqual(5);
  const oldest = ageMs === 0 ? 1 : 4;
  for (const [n, { data }] of sinks.entries()) expect(data).toEqual(numbered('a', Math.max(oldest, 150 - (n % 200)), 150));
});
