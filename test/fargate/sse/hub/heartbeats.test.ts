import { afterEach, describe, expect, test } from '@jest/globals';
import { FakeSink } from '../support/fake-sink.ts';
import { HubWorld } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: HubWorld;

afterEach(() => world.hub.close());

describe('heartbeats', () => {
  test('heartbeats end no frame: some clients would make an empty message of it', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    const opening = sink.text;
    await world.clock.advance(60_000);
    expect(sink.text.slice(opening.length)).toMatch(/^(:\n)+$/);
  });

  test('a stream that asked for a shorter interval has it, and the others keep theirs', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    const attach = (heartbeatIntervalMs?: number) => {
      const sink = new FakeSink();
      const attachment = world.hub.attach(
        { channels: ['demo'], cursor: undefined, ...(heartbeatIntervalMs && { heartbeatIntervalMs }) },
        sink,
      );
      return { sink, attachment };
    };
    const [early, usual] = [attach(2_000), attach()];
    world.hub.start();
    const late = attach(4_000);
    await until(() => late.sink.writes.length === 1);
    await world.clock.advance(120_000);
    const beats = [early, late, usual].map(({ sink }) => sink.writes.length - 1);
    // Twice in each interval; the first tick finds the opening written.
    expect(beats).toEqual([119, 59, 15]);
    if (early.attachment.kind === 'attached') early.attachment.stream.detach();
    const before = early.sink.writes.length;
    await world.clock.advance(60_000);
    expect(early.sink.writes).toHaveLength(before);
  });

  test('a quiet stream is never silent for longer than the interval', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    let lastMs = world.clock.nowMs();
    let longestMs = 0;
    let seen = sink.writes.length;
    for (let second = 0; second < 120; second++) {
      await world.clock.advance(1_000);
      if (sink.writes.length > seen) {
        longestMs = Math.max(longestMs, world.clock.nowMs() - lastMs);
        lastMs = world.clock.nowMs();
        seen = sink.writes.length;
      }
    }
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThanOrEqual(15_000);
    expect(sink.text).toMatch(/^:$/m);
    expect(sink.events).toEqual([]);
  });

  test('a stream that is written to gets no heartbeats', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    for (let count = 0; count < 10; count++) {
      await world.publish('demo', 'busy');
      await until(() => sink.events.length === count + 1);
      await world.clock.advance(5_000);
    }
    expect(sink.text).not.toMatch(/^:$/m);
  });

  test('a client that has not taken what it got is spared', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    sink.block();
    await world.publish('demo', 'x');
    await until(() => sink.bufferedBytes > 0);
    // The sink throws when it is written to now.
    await world.clock.advance(20_000);
    expect(sink.text).not.toMatch(/^:$/m);
  });
});
