import { describe, expect, test } from '@jest/globals';
import { isReached } from '../../../shared/report/section.ts';
import type { GrowthSample } from '../../../websocket/fan-out/growth.ts';
import type { OneEventSample } from '../../../websocket/fan-out/one-event.ts';
import { describeColdStarts, describeGrowth, describeOneEvent, describePosts } from '../../../websocket/fan-out/part.ts';
import type { PostsSample } from '../../../websocket/fan-out/posts-per-core.ts';

const posts = (poster: PostsSample['poster'], perCpuSecond: number, inFlight = 64): PostsSample => ({
  poster,
  inFlight,
  perCpuSecond,
  perSecond: perCpuSecond,
});

const delivered = (poster: OneEventSample['poster'], values: Partial<OneEventSample> = {}): OneEventSample => ({
  poster,
  lastMs: 100,
  cpuSeconds: 1,
  doubled: 0,
  missing: 0,
  gone: 10,
  throttledPosts: 5,
  undeliverable: 0,
  ...values,
});

const oneEvent = (...samples: OneEventSample[]) => describeOneEvent({ sockets: 1_000, closed: 10, busy: 5, samples });

describe('posts per core', () => {
  test('the ratio is the median of the rounds, each against the SDK in its own round', () => {
    const samples = [
      posts('ours', 800),
      posts('AWS SDK', 100),
      posts('ours', 900),
      posts('AWS SDK', 300),
      posts('ours', 500),
      posts('AWS SDK', 100),
    ];
    expect(describePosts({ endpoint: 'e', samples }).goals.map(({ measured }) => measured)).toEqual([5]);
  });

  test('every number of posts in flight has a goal of its own', () => {
    const samples = [posts('ours', 800, 64), posts('AWS SDK', 100, 64), posts('ours', 300, 256), posts('AWS SDK', 100, 256)];
    expect(describePosts({ endpoint: 'e', samples }).goals.map(({ measured }) => measured)).toEqual([8, 3]);
  });
});

describe('one event to many sockets', () => {
  test('the ratio is how much later the last socket has it through the SDK', () => {
    const { goals } = oneEvent(delivered('ours', { lastMs: 100 }), delivered('AWS SDK', { lastMs: 350 }));
    expect(goals[0]?.measured).toBeCloseTo(3.5);
  });

  test('all is well where every socket got it once, and every 410 and 429 was seen', () => {
    const { goals } = oneEvent(delivered('ours'), delivered('AWS SDK', { lastMs: 1_000, throttledPosts: 0 }));
    expect(goals.map(isReached)).toEqual([true, true, true]);
  });

  test.each(['doubled', 'missing', 'undeliverable'] as const)('a round with a frame that is %s misses the goal', (fault) => {
    const { goals } = oneEvent(delivered('ours', { [fault]: 1 }), delivered('AWS SDK'));
    expect(goals[1] && isReached(goals[1])).toBe(false);
  });

  test.each([{ gone: 9 }, { throttledPosts: 4 }])('a round with %j misses the goal', (fault) => {
    const { goals } = oneEvent(delivered('ours', fault), delivered('AWS SDK'));
    expect(goals[2] && isReached(goals[2])).toBe(false);
  });
});

describe('growth', () => {
  const grown = (values: Partial<GrowthSample>): GrowthSample => ({
    connections: 1_000,
    limit: undefined,
    seconds: 1,
    cpuMicrosPerConnection: 70,
    invocations: 2,
    throttledPosts: 0,
    missing: 0,
    doubled: 0,
    ...values,
  });

  test.each([{ missing: 1 }, { doubled: 1 }])('a connection with %j misses the goal', (fault) => {
    const [goal] = describeGrowth([grown({}), grown({ connections: 10_000, ...fault })]).goals;
    expect(goal && isReached(goal)).toBe(false);
  });

  test('the plot has a point for every size', () => {
    const { plots } = describeGrowth([grown({ seconds: 1 }), grown({ connections: 10_000, seconds: 9 })]);
    expect(plots[0]?.series[0]?.points).toEqual([
      { x: 1_000, y: 1 },
      { x: 10_000, y: 9 },
    ]);
  });
});

test('cold starts are the medians of each function', () => {
  const samples = [50, 90, 70].map((loadMs) => ({ loadMs, cpuMs: 2 * loadMs }));
  const { tables } = describeColdStarts([{ entry: 'lambda/x.ts', loadedBytes: 250_000, totalBytes: 400_000, samples }]);
  expect(tables[0]?.rows).toEqual([['lambda/x.ts', '250', '400', '70.0', '140']]);
});
