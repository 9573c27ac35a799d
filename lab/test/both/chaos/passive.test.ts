import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { passiveFaults } from '../../../both/chaos/faults/passive.ts';
import { type FaultRates, RATES } from '../../../both/chaos/faults/rates.ts';
import { createRandom } from '../../../both/chaos/random.ts';
import { Tally } from '../../../both/chaos/tally.ts';

const CALM: FaultRates = {
  ...RATES,
  notifications: { drop: 0, double: 0, delay: 0, reorder: 0 },
  posts: { throttle: 0, fail: 0, failAfterSending: 0, stuck: 0 },
  database: { throttle: 0, delay: 0, loseAnswer: 0 },
  loseDisconnect: 0,
  loseTaskEvent: 0,
};

function faultsAt(rates: Partial<FaultRates>, seed = 1) {
  const tally = new Tally();
  return { tally, ...passiveFaults({ rates: { ...CALM, ...rates }, tally, randomOf: (stream) => createRandom(seed, stream) }) };
}

function deliveries(rates: Partial<FaultRates['notifications']>): { readonly atOnce: number; readonly inAll: number } {
  const { notification } = faultsAt({ notifications: { ...CALM.notifications, ...rates } });
  let count = 0;
  notification?.('queue', 'body', () => {
    count += 1;
  });
  const atOnce = count;
  jest.runAllTimers();
  return { atOnce, inAll: count };
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test('without rates nothing goes wrong', () => {
  const { notification: _, ...faults } = faultsAt({});
  expect(deliveries({})).toEqual({ atOnce: 1, inAll: 1 });
  expect(faults.postOutcome?.('c')).toBeUndefined();
  expect(faults.database?.('PutItem')).toBeUndefined();
  expect(faults.loseDisconnect?.('c')).toBe(false);
  expect(faults.loseTaskEvent?.('t', 'STOPPED')).toBe(false);
});

test('a dropped notification never comes', () => {
  expect(deliveries({ drop: 1 })).toEqual({ atOnce: 0, inAll: 0 });
});

test('a doubled notification comes twice', () => {
  expect(deliveries({ double: 1 })).toEqual({ atOnce: 1, inAll: 2 });
});

test.each(['delay', 'reorder'] as const)('a notification with %s comes once, but later', (fault) => {
  expect(deliveries({ [fault]: 1 })).toEqual({ atOnce: 0, inAll: 1 });
});

test('a stuck connection refuses everything for some seconds, and others nothing', () => {
  const rates = { ...CALM, posts: { ...CALM.posts, stuck: 0.5 } };
  // Only the first post of all draws the fault.
  const draws = [0];
  const randomOf = () => ({ ...createRandom(1, 'posts'), next: () => draws.shift() ?? 0.9 });
  const { postOutcome } = passiveFaults({ rates, tally: new Tally(), randomOf });
  expect(postOutcome?.('stuck')).toMatchObject({ status: 429 });
  expect(postOutcome?.('stuck')).toMatchObject({ status: 429 });
  expect(postOutcome?.('other')).toBeUndefined();
  jest.advanceTimersByTime(10_000);
  expect(postOutcome?.('stuck')).toBeUndefined();
});

test('faults are counted by kind', () => {
  const { tally, database } = faultsAt({ database: { throttle: 1, delay: 0, loseAnswer: 0 } });
  database?.('PutItem');
  database?.('GetItem');
  expect(tally.get('database.throttle')).toBe(2);
  expect(tally.get('database')).toBe(2);
});

test('the same seed decides the same, whatever the other kinds draw', () => {
  const decisions = (disturbed: boolean) => {
    const { database, postOutcome } = faultsAt(RATES, 5);
    return Array.from({ length: 200 }, () => {
      if (disturbed) postOutcome?.('c');
      return database?.('PutItem');
    });
  };
  expect(decisions(true)).toEqual(decisions(false));
});
