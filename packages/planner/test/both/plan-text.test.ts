import { describe, expect, test } from '@jest/globals';
import { costsAlong } from '../../src/break-even.ts';
import { factsOf, withFigure } from '../../src/facts.ts';
import { OPTIONS } from '../../src/options.ts';
import { answersTo, firstNamed, plan } from '../../src/plan.ts';
import { workloadOf } from '../../src/presets.ts';
import { raisesOf } from '../../src/raises.ts';
import { planText, workloadText } from '../../src/text.ts';
import { variedText } from '../../src/text-varied.ts';
import type { NumberId, Workload } from '../../src/workload.ts';

const FACTS = factsOf('us-east-1');
const planned = (...of: Parameters<typeof workloadOf>) => plan(workloadOf(...of), '2026-12-25');

describe('where nothing fits', () => {
  const tooMany = planned('ai-streaming', { connections: 6_000 });

  test('the connections at which something does are named', () => {
    expect(tooMany.answers.filter(({ fits }) => fits)).toEqual([]);
    const flip = tooMany.recommendation.flips.find(({ input }) => input === 'connections');
    expect(flip).toMatchObject({ away: undefined, towards: 'sse-lane', to: 3_703 });
    expect(planText(tooMany, [])).toContain('Connections at peak 3,703 or fewer (now 6,000): SSE lane fits');
  });

  test('the bill is of the option that the verdict names first', () => {
    expect(firstNamed(tooMany.recommendation)).toBe('sse-lane');
    expect(planText(tooMany, [])).toMatch(/\nBill of SSE lane,[\s\S]*\nUndecided: SSE lane, or nothing\n/);
  });

  test('whatever is assumed, there is no bill, and the change that helps is still named', () => {
    const hopeless = planned('live-feed', { eventsPerSecond: 6_000 });
    expect(hopeless.recommendation.kind).toBe('none');
    const text = planText(hopeless, []);
    expect(text).not.toContain('\nBill of');
    expect(text).toMatch(/what would reverse it: Events below .* fits$/m);
  });
});

test('of the connections both directions are named, as whole numbers', () => {
  const { flips } = planned('collaborative-editing').recommendation;
  const connections = flips.filter(({ input }) => input === 'connections').map(({ to }) => to);
  expect(connections).toEqual([6_001, 61]);
});

describe('a quota that is exceeded', () => {
  const laneAt = (connections: number, facts = FACTS) => {
    const answer = answersTo(workloadOf('chat', { connections }), facts).find(({ option }) => option.id === 'websocket-lane');
    if (answer === undefined) throw new Error('expected the lane');
    return answer;
  };

  test('is said beside the yes and in the recommendation', () => {
    const busy = planned('chat', { connections: 402_000 });
    const needed = 'needs the quota of 10,000 requests a second of the account raised 9.96 times';
    expect(firstNamed(busy.recommendation)).toBe('websocket-lane');
    expect(busy.recommendation.because).toContain(needed);
    expect(planText(busy, [])).toMatch(new RegExp(`^WebSocket lane .* yes, ${needed}, needs the setting of .*$`, 'm'));
  });

  test('so far that AWS will hardly raise it does not fit', () => {
    const { times = 0 } = raisesOf(laneAt(1_000_000).limits)[0] ?? {};
    expect(times).toBeGreaterThan(20);
    expect(laneAt(1_000_000)).toMatchObject({
      fits: false,
      unfitBecause: [expect.stringContaining('raised 24.8 times (assumed possible: 10)')],
    });
    expect(laneAt(1_000_000, withFigure(FACTS, 'quotaRaise', 30)).fits).toBe(true);
    expect(laneAt(300_000).fits).toBe(true);
  });
});

describe('the first limit', () => {
  test('that no number of connections avoids says how far it is exceeded', () => {
    const of = (workload: Workload) => answersTo(workload, FACTS).find(({ option }) => option.id === 'sse-lane')?.firstLimit;
    const tied = of(workloadOf('chat', { eventsPerSecond: 2_400 }));
    expect(tied).toMatchObject({ growsWithLoad: true });
    const { use = 0, allowed = 0, reachedAtTimes, growsWithLoad } = of(workloadOf('live-feed', { eventsPerSecond: 6_000 })) ?? {};
    expect({ reachedAtTimes, growsWithLoad }).toEqual({ reachedAtTimes: allowed / use, growsWithLoad: false });
  });
});

describe('the heading', () => {
  test('has the needs, and what grows with the connections', () => {
    const text = workloadText(workloadOf('live-feed'));
    expect(text).toContain('needs: delivery within 5,000 ms (p99); nothing may be lost');
    expect(text).toContain('proxies that pass plain HTTP only');
    expect(text).toContain('load grows with the connections: connections on average, fan-out');
  });

  test('has the events that are billed, and says why they are more than those given', () => {
    const text = workloadText(workloadOf('chat', { eventsPerSecond: 10, clientMessagesPerSecond: 5 }));
    expect(text).toContain('\n20,000 events a second');
    expect(text).toContain('clients send 20,000 messages a second, more than the 10 events given');
    expect(workloadText(workloadOf('chat'))).not.toContain('clients send');
  });
});

describe('costs along an input', () => {
  const along = (workload: Workload, input: NumberId, values: readonly number[], ids: readonly string[]) => {
    const options = OPTIONS.filter(({ id }) => ids.includes(id));
    const points = costsAlong(workload, input, values, options);
    const leftOut = values.filter((value) => !points.some((point) => point.value === value));
    return { points, text: variedText({ input, points, leftOut, crossings: [] }) };
  };

  test('mark what does not fit, and name the best of those that are compared only', () => {
    const { points, text } = along(workloadOf('live-feed'), 'connections', [20_000], ['websocket-lane', 'long-poll']);
    expect(points[0]).toMatchObject({ unfit: ['websocket-lane'], best: 'long-poll' });
    expect(text).toMatch(/^ *20,000 +✗ [\d,]+ +[\d,]+ +long-poll$/m);
  });

  test('say which values make no sense', () => {
    expect(along(workloadOf('chat'), 'fanOut', [10, 20_000], ['sse-lane']).text).toContain('left out: 20,000, where');
  });

  test('say where the work on what others built decides', () => {
    const workload = workloadOf('dashboard', { eventsPerSecond: 8 });
    expect(along(workload, 'connections', [500], ['sse-lane', 'broker']).text).toContain('it decides at 500');
    expect(along(workload, 'connections', [500], ['sse-lane', 'long-poll']).text).not.toContain('decides');
  });
});

test('the label of the log says how many units are billed', () => {
  const writes = (eventBytes: number) =>
    answersTo(workloadOf('chat', { eventBytes }), FACTS).flatMap(({ items }) => items.filter(({ id }) => id === 'log-writes'))[0]?.label;
  expect(writes(250)).toContain('one unit a publication and 1 an event');
  expect(writes(1_000)).toContain('one unit a publication and 2 an event');
});

test('a fixed cost that stays is said to stay', () => {
  const { recommendation } = planned('collaborative-editing');
  expect(recommendation).toMatchObject({ changingLater: expect.stringContaining('the fixed cost stays 207 USD a month') });
});
