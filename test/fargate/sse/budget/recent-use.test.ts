import { expect, test } from '@jest/globals';
import { RecentUse } from '../../../../fargate/sse/budget/recent-use.ts';

test('those who have used least go first, in their order', () => {
  const use = new RecentUse(() => 0);
  use.add('ann', 3);
  use.add('bob', 1);

  expect(use.least(['ann', 'bob'])).toBe('bob');
  expect(use.least(['ann', 'bob', 'carol', 'dan'])).toBe('carol');
  expect(use.least([])).toBeUndefined();
});

test('what was used is forgotten by and by', () => {
  let nowMs = 0;
  const use = new RecentUse(() => nowMs);
  use.add('ann', 4);
  nowMs = 1_500;
  use.add('bob', 3);
  expect(use.least(['ann', 'bob'])).toBe('ann');
  nowMs = 60_000;

  expect(use.least(['bob', 'ann'])).toBe('bob');
});

test('who has used next to nothing waits for its turn like those who have used nothing', () => {
  const use = new RecentUse(() => 0);
  use.add('ann', 0.3);
  use.add('bob', 2);

  expect(use.least(['bob', 'ann', 'carol'])).toBe('ann');
});
