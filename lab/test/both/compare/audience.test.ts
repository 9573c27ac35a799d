import { expect, test } from '@jest/globals';
import { Audience, encodeEvent, type Phase } from '../../../both/compare/audience.ts';
import { monotonicUs } from '../../../load/payload.ts';

const event = (phase: Phase, latencyMs = 0) => encodeEvent(phase, monotonicUs() - latencyMs * 1_000, 100);

function follow(audience: Audience, channel = 'a') {
  const subscription = audience.subscribe(channel);
  subscription.begin({ epoch: 'e', seq: 0 });
  return subscription;
}

test('what is lost, doubled and out of order is counted for each subscription', () => {
  const audience = new Audience();
  const [one, other] = [follow(audience), follow(audience)];
  for (const seq of [1, 3, 2, 3]) one.receive(`e.${seq}`, event('steady'));
  other.receive('e.1', event('steady'));

  expect(['delivered', 'doubled', 'outOfOrder'].map((name) => audience.sum(name as 'delivered'))).toEqual([4, 1, 1]);
  expect(audience.lost([1, 2, 3].map((seq) => ({ channel: 'a', position: { epoch: 'e', seq } })))).toBe(2);
});

test('an event of another channel is not missing', () => {
  const audience = new Audience();
  follow(audience, 'a');
  expect(audience.lost([{ channel: 'b', position: { epoch: 'e', seq: 1 } }])).toBe(0);
});

test('a subscription that never began lacks everything', () => {
  const audience = new Audience();
  audience.subscribe('a');
  expect(audience.isReady).toBe(false);
  expect(audience.lost([{ channel: 'a', position: { epoch: 'e', seq: 1 } }])).toBe(1);
});

test('latencies are those of the steady period', () => {
  const audience = new Audience();
  const subscription = follow(audience);
  subscription.receive('e.1', event('warmUp', 9_000));
  subscription.receive('e.2', event('steady', 500));
  subscription.receive('e.3', event('afterCut', 9_000));

  expect(audience.latencies.totalCount).toBe(1);
  expect(audience.latencies.maxValue).toBeGreaterThanOrEqual(500_000);
  expect(audience.latencies.maxValue).toBeLessThan(9_000_000);
});

test('jitter is between two events of a subscription, and none where there are not two', () => {
  const audience = new Audience();
  const [one, other] = [follow(audience), follow(audience)];
  one.receive('e.1', event('steady', 100_000));
  other.receive('e.1', event('steady', 700_000));
  expect(audience.jitterMs).toBeNaN();

  one.receive('e.2', event('steady', 400_000));
  // The clock has gone on between the lines.
  expect(Math.round(audience.jitterMs / 10_000)).toBe(30);
});

test('all have seen a phase when the last subscription has its first event of it', () => {
  const audience = new Audience();
  const [one, other] = [follow(audience), follow(audience)];
  one.receive('e.1', event('atCut'));
  expect(audience.allHaveSeenAtUs('atCut')).toBeNaN();

  other.receive('e.1', event('atCut'));
  expect(audience.allHaveSeenAtUs('atCut')).toBe(Math.max(...[one, other].map(({ firstSeenUs }) => firstSeenUs.get('atCut') ?? 0)));
});
