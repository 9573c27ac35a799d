import { expect, test } from '@jest/globals';
import { RecentUse } from '../../../../fargate/sse/budget/recent-use.ts';

test('those that have used least are first, in their order', () => {
  const use = new RecentUse(() => 0);
  use.add('ann', 3);
  use.add('bob', 1);

  expect(use.least(['ann', 'bob'])).toBe('bob');
  expect(use.least(['ann', 'bob', 'carol', 'dan'])).toBe('carol');
  expect(use.least([])).toBeUndefined();
});

test('past use is forgotten gradually', () => {
  let nowMs = 0;
  const use = new RecentUse(() => nowMs);
  use.add('ann', 4);
  nowMs = 1_500;
  use.add('bob', 3);
  expect(use.least(['ann', 'bob'])).toBe('ann');
  nowMs = 60_000;

  expect(use.least(['bob', 'ann'])).toBe('bob');
});

test('a principal that has used next to nothing waits like those that have used nothing', () => {
  const use = new RecentUse(() => 0);
  use.add('ann', 0.3);
  use.add('bob', 2);

  expect(use.least(['bob', 'ann', 'carol'])).toBe('ann');
});
