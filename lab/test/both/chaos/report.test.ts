import { expect, test } from '@jest/globals';
import type { Verdict } from '../../../both/chaos/checker.ts';
import type { ChaosResult } from '../../../both/chaos/driver.ts';
import type { Leftovers } from '../../../both/chaos/leftovers.ts';
import { formatReport, isKept, summarize } from '../../../both/chaos/report.ts';
import { Tally } from '../../../both/chaos/tally.ts';
import { Scene, start } from './scene.ts';

const NOTHING: Leftovers = { queues: [], queueSubscriptions: [], connectionRows: [], subscriptionRows: [] };

function resultOf(verdict: Verdict, changes: Partial<ChaosResult> = {}): ChaosResult {
  return {
    options: { seconds: 1, events: undefined, seed: 7, tasks: 1, channels: 1, publishers: 1, subscribers: 1 },
    ranMs: 12_345,
    published: 1_234,
    acknowledged: 1_234,
    verdict,
    latest: { acknowledged: 9, deliveries: 30, violations: [] },
    ephemeral: { published: 8, answered: 7, deliveries: 20, violations: [] },
    presence: { looks: 5, violations: [] },
    problems: [],
    faults: new Tally(),
    goneAnswers: 0,
    leftBeforeSweeps: NOTHING,
    left: NOTHING,
    deadLetters: 0,
    ...changes,
  };
}

function kept(changes: Partial<ChaosResult> = {}): ChaosResult {
  const scene = new Scene().publish(2);
  scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(3, 1, 2));
  return resultOf(scene.judge(), changes);
}

function lossy(): ChaosResult {
  const scene = new Scene().publish(3);
  scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(3, 1, 3));
  return resultOf(scene.judge());
}

test('says that every promise was kept', () => {
  expect(isKept(kept())).toBe(true);
  expect(formatReport(kept(), 5)).toMatch(/Every promise was kept\.$/);
});

test('says the seed, so that the run can be repeated', () => {
  expect(formatReport(kept(), 5)).toMatch(/^seed 7, 12 s/);
});

test('a violation breaks the promise, and is shown with what happened around it', () => {
  const text = formatReport(lossy(), 5);
  expect(isKept(lossy())).toBe(false);
  expect(text).toMatch(/^lost +1$/m);
  expect(text).toMatch(/^lost: e\.2 of c, someone: .*e\.3 came in its place\n.* start e\.0\n.* event e\.1 .*\n.* event e\.3 /m);
  expect(text).toMatch(/A PROMISE WAS BROKEN\.$/);
});

test('shows no more violations than asked for, and says how many there are', () => {
  const scene = new Scene().publish(4);
  scene.subscriber('inOrder', start(0, 'e.0'), ...scene.events(5, 4));
  expect(formatReport(resultOf(scene.judge()), 1)).toContain('… and 2 more violations');
});

test('what is left behind breaks the promise, by name', () => {
  const result = kept({ left: { ...NOTHING, queues: ['orphan'] } });
  expect(isKept(result)).toBe(false);
  expect(formatReport(result, 5)).toContain('queues left behind: orphan');
});

test('what the sweeps have removed is told, but breaks nothing', () => {
  const result = kept({ leftBeforeSweeps: { ...NOTHING, queues: ['a', 'b'] } });
  expect(isKept(result)).toBe(true);
  expect(formatReport(result, 5)).toMatch(/^queues left behind +0 \(2 were left to the sweeps\)$/m);
});

test('a client that gave up breaks the promise', () => {
  expect(isKept(kept({ problems: ['client.1: the subscription ended: forbidden'] }))).toBe(false);
});

test('a reader without the final version of a key breaks the promise, and is named', () => {
  const result = kept({ latest: { acknowledged: 9, deliveries: 30, violations: ['ann: a of latest.1 is a1, and not a2'] } });
  expect(isKept(result)).toBe(false);
  expect(formatReport(result, 5)).toContain('ann: a of latest.1 is a1, and not a2');
});

test('an ephemeral event that came wrongly or was held up breaks the promise, and is named', () => {
  const violations = ['ann: "http 3" came twice on one stream'];
  const result = kept({ ephemeral: { published: 8, answered: 7, deliveries: 20, violations } });
  expect(isKept(result)).toBe(false);
  expect(formatReport(result, 5)).toContain('ann: "http 3" came twice on one stream');
  expect(new Map(summarize(result)).get('ephemeral events wrong or held up')).toBe(1);
});

test('somebody listed who is not there breaks the promise, and is named', () => {
  const result = kept({ presence: { looks: 5, violations: ['ann was away for 35 s, and is listed'] } });
  expect(isKept(result)).toBe(false);
  expect(formatReport(result, 5)).toContain('ann was away for 35 s, and is listed');
});

test('counts the faults of each kind', () => {
  const faults = new Tally();
  faults.add('notifications', 20);
  faults.add('notification.drop', 3);
  faults.add('notification.delay', 2);
  faults.add('task.killed', 4);
  faults.add('task.rolled', 1);
  const rows = new Map(summarize(kept({ faults })));
  expect(rows.get('tasks killed or rolled')).toBe(5);
  expect(rows.get('notifications tampered with')).toBe('5 of 20 (25.0 %)');
  expect(rows.get('  dropped')).toBe(3);
});
