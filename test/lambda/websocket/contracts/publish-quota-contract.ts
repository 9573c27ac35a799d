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

    test('a principal may publish so often in a second, and again in the next', async () => {
      const clock = new ManualClock();
      const quota = await create(2, clock);
      expect(await taken(quota, 'ann', 3)).toEqual([true, true, false]);
      await clock.advance(1_000);
      expect(await taken(quota, 'ann', 3)).toEqual([true, true, false]);
    });

    test('each principal has its own', async () => {
      const quota = await create(1, new ManualClock());
      expect(await taken(quota, 'ann', 2)).toEqual([true, false]);
      expect(await quota.take('bob')).toBe(true);
    });

    test('of many at once no more get through', async () => {
      const quota = await create(3, new ManualClock());
      const answers = await Promise.all(Array.from({ length: 10 }, () => quota.take('ann')));
      expect(answers.filter(Boolean)).toHaveLength(3);
    });
  });
}
