/** Streams and polls over several channels: what one of them waits for holds none of the others up. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatCursor, parseCursor } from '../../../../packages/protocol/cursor.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

const CHANNELS = ['a', 'b'];
const stays = new AbortController().signal;

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

/** Channel `a` has an open gap at 2, before 3: a client that has 3 from another task is ahead of this one. */
async function openGap(): Promise<string> {
  const { epoch } = await world.store('a', 'a1');
  await world.log.allocate('a');
  await world.store('a', 'a3');
  return `a=${epoch}.3`;
}

describe('while a gap is open in one channel', () => {
  test('a stream gets what it has missed of the other, and its live events', async () => {
    const a = await openGap();
    const { epoch } = await world.store('b', 'b1');
    const { sink } = await world.open(CHANNELS, `${a},b=${epoch}.0`);
    await until(() => sink.events.length === 1);
    await world.publish('b', 'b2');
    await until(() => sink.events.length === 2);
    expect(sink.events.map(({ id, data }) => [id, data])).toEqual([
      [`${a},b=${epoch}.1`, 'b1'],
      [`${a},b=${epoch}.2`, 'b2'],
    ]);
    expect(world.hub.takeCounts().gapsTombstoned).toBe(0);
  });

  test('the events of its own channel wait, and come in order once it is closed', async () => {
    const a = await openGap();
    const { sink } = await world.open(CHANNELS, a);
    const fourth = await world.publish('a', 'a4');
    const b = await world.publish('b', 'b1');
    await until(() => sink.events.length === 1);
    await idle();
    expect(sink.data).toEqual(['b1']);
    await world.clock.advance(GRACE_MS + 1);
    await until(() => sink.events.length === 2);
    expect(sink.events[1]).toMatchObject({ id: `a=${idOf(fourth)},b=${idOf(b)}`, data: 'a4' });
  });

  test('a poll answers at once what the other has', async () => {
    const a = await openGap();
    const b = await world.store('b', 'b1');
    expect(await poll(`${a},b=${b.epoch}.0`, 20_000)).toEqual({ data: ['b1'], cursor: `${a},b=${idOf(b)}` });
  });

  test('a poll that waits is answered with the next event of the other', async () => {
    const a = await openGap();
    const waiting = poll(a, 20_000);
    // The poll's own time, and the grace period of the gap.
    await until(() => world.clock.sleeping === 2);
    await idle();
    const b = await world.publish('b', 'b1');
    expect(await waiting).toEqual({ data: ['b1'], cursor: `${a},b=${idOf(b)}` });
  });

  test('a poll that does not wait is answered although it is ahead', async () => {
    const a = await openGap();
    expect(await poll(a, 0)).toEqual({ data: [], cursor: `${a},b=0.0` });
  });

  test('a poll that waits gets the events of its own channel once the gap is closed', async () => {
    const a = await openGap();
    const waiting = poll(a, 20_000);
    await until(() => world.clock.sleeping === 2);
    await idle();
    await world.publish('a', 'a4');
    await world.clock.advance(GRACE_MS + 1);
    expect((await waiting).data).toEqual(['a4']);
  });
});

async function poll(after: string, waitMs: number) {
  const outcome = await world.hub.poll({ channels: CHANNELS, cursor: parseCursor(after, CHANNELS) }, waitMs, stays);
  if (outcome.kind !== 'page') throw new Error(outcome.kind);
  const { events, cursor } = outcome.page;
  return { data: events.map(({ data }) => data), cursor: formatCursor(CHANNELS, cursor) };
}

test('channels that are replayed, and one that is live, share a client that takes one write after the other', async () => {
  const missed = 12;
  const epochs = new Map<string, string>();
  for (const channel of ['a', 'b', 'c']) {
    for (let n = 1; n <= missed; n++) epochs.set(channel, (await world.store(channel, `${channel}${n} ${'x'.repeat(30_000)}`)).epoch);
  }
  const channels = ['a', 'b', 'c', 'live'];
  const sink = new FakeSink();
  sink.block();
  const after = [...epochs].map(([channel, epoch]) => `${channel}=${epoch}.0`).join(',');
  const { stream } = await world.open(channels, after, sink);
  for (let n = 1; n < 500 && sink.events.length < 4 * missed; n++) {
    if (n <= missed) await world.publish('live', `live${n}`);
    await idle();
    sink.takeOne(stream);
  }
  const positions = sink.events.map(({ id }) => parseCursor(id ?? '', channels));
  for (const channel of channels) {
    const own = sink.data.filter((data) => data.startsWith(channel)).map((data) => data.split(' ')[0]);
    expect(own).toEqual(Array.from({ length: missed }, (_, index) => `${channel}${index + 1}`));
    const seqs = positions.map((position) => position.get(channel)?.seq ?? -1);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
  }
  expect(sink.data.findLastIndex((data) => data.startsWith('live'))).toBeLessThan(sink.data.findLastIndex((data) => data.startsWith('c')));
});

test('streams over many channels whose clients take nothing leave room for the replays of others', async () => {
  const channels = Array.from({ length: 32 }, (_, index) => `many${index}`);
  const cursor: string[] = [];
  for (const channel of channels) cursor.push(`${channel}=${(await world.store(channel, 'missed')).epoch}.0`);
  for (let stuck = 0; stuck < 3; stuck++) {
    const sink = new FakeSink();
    sink.block();
    await world.open(channels, cursor.join(','), sink);
  }
  await idle();
  const { epoch } = await world.store('demo', 'missed');
  const { sink } = await world.open(['demo'], `${epoch}.0`);
  await until(() => sink.events.length === 1);
  expect(sink.data).toEqual(['missed']);
});
