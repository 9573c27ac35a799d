import { describe, expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../../../backbone/domain/principal.ts';
import { POST_WINDOW_MS } from '../../../../lambda/websocket/domain/post-window.ts';
import type { PostQuota } from '../../../../lambda/websocket/ports.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** What every {@link PostQuota} promises. */
export function postQuotaContract(name: string, create: (perSecond: number, clock: ManualClock) => Promise<PostQuota>): void {
  describe(`${name} as a PostQuota`, () => {
    /** A clock at the beginning of a window. */
    const clockOfWindow = () => new ManualClock(100 * POST_WINDOW_MS);

    test('a principal may cause this many posts in a window, is refused as many, and then counts as flooding', async () => {
      const quota = await create(2, clockOfWindow());
      const kinds: string[] = [];
      for (let post = 0; post < 42; post++) kinds.push((await quota.take('ann', 1)).kind);
      expect(kinds).toEqual([
        ...Array.from({ length: 20 }, () => 'allowed'),
        ...Array.from({ length: 20 }, () => 'limited'),
        'flooding',
        'flooding',
      ]);
    });

    test('a limited principal is told when the window ends, and is allowed again then', async () => {
      const clock = clockOfWindow();
      const quota = await create(1, clock);
      await quota.take('ann', 10);
      await clock.advance(POST_WINDOW_MS - 300);
      expect(await quota.take('ann', 1)).toEqual({ kind: 'limited', retryAfterMs: 300 });
      await clock.advance(300);
      expect(await quota.take('ann', 10)).toEqual({ kind: 'allowed' });
    });

    test('each principal has its own limit', async () => {
      const quota = await create(1, clockOfWindow());
      await quota.take('ann', 30);
      expect(await quota.take('bob', 1)).toEqual({ kind: 'allowed' });
    });

    test('the anonymous principal, which stands for everybody, has no limit', async () => {
      const quota = await create(1, clockOfWindow());
      expect(await quota.take(ANONYMOUS, 1_000)).toEqual({ kind: 'allowed' });
    });

    test('of many concurrent calls no more are allowed', async () => {
      const quota = await create(1, clockOfWindow());
      const allowances = await Promise.all(Array.from({ length: 25 }, () => quota.take('ann', 1)));
      const counts = ['allowed', 'limited', 'flooding'].map((kind) => allowances.filter((allowance) => allowance.kind === kind).length);
      expect(counts).toEqual([10, 10, 5]);
    });
  });
}
