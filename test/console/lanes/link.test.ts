import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CUT_MS, type LaneState } from '../../../console/lanes/lane.ts';
import { Link, reconnectDelayMs } from '../../../console/lanes/link.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  jest.useRealTimers();
});

function makeLink() {
  const states: LaneState[] = [];
  const calls: string[] = [];
  const link = new Link({
    open: () => calls.push('open'),
    drop: () => calls.push('drop'),
    onState: (state) => states.push(state),
    random: () => 0,
  });
  return { link, states, calls };
}

test('the delay grows, is capped, and half of it is random', () => {
  const bounds = (attempt: number) => [reconnectDelayMs(attempt, () => 0), reconnectDelayMs(attempt, () => 1)];
  expect(bounds(0)).toEqual([250, 500]);
  expect(bounds(1)).toEqual([500, 1000]);
  expect(bounds(20)).toEqual([7500, 15_000]);
});

test('a lost connection is tried again, later each time, until it works', () => {
  const { link, calls, states } = makeLink();
  link.open();
  link.lost();
  expect(states.at(-1)).toEqual({ kind: 'lost', untilMs: 1_000_250 });
  jest.advanceTimersByTime(250);
  expect(calls).toEqual(['open', 'drop', 'open']);

  link.lost();
  jest.advanceTimersByTime(499);
  expect(calls.filter((call) => call === 'open')).toHaveLength(2);
  jest.advanceTimersByTime(1);
  expect(calls.filter((call) => call === 'open')).toHaveLength(3);

  link.established();
  link.lost();
  expect(states.at(-1)).toEqual({ kind: 'lost', untilMs: Date.now() + 250 });
});

test('a cut drops the connection and comes back after a moment', () => {
  const { link, calls, states } = makeLink();
  link.open();
  link.established();
  link.cut();
  expect(link.connected).toBe(false);
  expect(states.at(-1)).toEqual({ kind: 'cut', untilMs: 1_000_000 + CUT_MS });
  expect(calls).toEqual(['open', 'drop']);
  jest.advanceTimersByTime(CUT_MS);
  expect(calls).toEqual(['open', 'drop', 'open']);
});

test('a wait can be ended early, and then does not open a second time', () => {
  const { link, calls } = makeLink();
  link.open();
  link.cut();
  link.resume();
  jest.advanceTimersByTime(CUT_MS * 2);
  expect(calls).toEqual(['open', 'drop', 'open']);
});

test('resuming while connected does nothing', () => {
  const { link, calls } = makeLink();
  link.open();
  link.established();
  link.resume();
  expect(calls).toEqual(['open']);
});

test('a closed link stays closed', () => {
  const { link, calls } = makeLink();
  link.open();
  link.cut();
  link.close();
  link.lost();
  jest.advanceTimersByTime(60_000);
  expect(calls).toEqual(['open', 'drop', 'drop']);
});
