import { describe, expect, test } from '@jest/globals';
import type { PublishQuota } from '../../../../lambda/websocket/ports.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** What every {@link PublishQuota} promises. */
export function publicationQuotaContract(name: string, create: (perSecond: number, clock: ManualClock) => Promise<PublishQuota>): void {
  describe(`${name} as a PublishQuota`, () => {
    async function taken(quota: PublishQuota, principal: string, times: number): Promise<readonly boolean[]> {
      const answers: boolean[] = [];
      for (let time = 0; time < times; time++) answers.push(await quota.take(principal));
      return answers;
    }

    test('a principal may publish this often in a second, and again in the next', async () => {
      const clock = new ManualClock();
      const quota = await create(2, clock);
      expect(await taken(quota, 'ann', 3)).toEqual([true, true, false]);
      await clock.advance(1_000);
      expect(await taken(quota, 'ann', 3)).toEqual([true, true, false]);
    });

    test('each principal has its own limit', async () => {
      const quota = await create(1, new ManualClock());
      expect(await taken(quota, 'ann', 2)).toEqual([true, false]);
      expect(await quota.take('bob')).toBe(true);
    });

    test('a batch counts as its events, and none of them if they do not all fit', async () => {
      const quota = await create(5, new ManualClock());
      expect(await quota.take('ann', 3)).toBe(true);
      expect(await quota.take('ann', 3)).toBe(false);
      expect(await quota.take('ann', 2)).toBe(true);
      expect(await quota.take('ann')).toBe(false);
    });

    test('a batch of a whole second is allowed in a fresh second', async () => {
      const quota = await create(5, new ManualClock());
      expect(await quota.take('ann', 5)).toBe(true);
    });

    test('of many concurrent calls no more are allowed', async () => {
      const quota = await create(3, new ManualClock());
      const answers = await Promise.all(Array.from({ length: 10 }, () => quota.take('ann')));
      expect(answers.filter(Boolean)).toHaveLength(3);
    });
  });
}
