import type { Facts } from './facts.ts';
import { formatNumber } from './format.ts';
import type { Limit } from './option.ts';

/** An exceeded limit that can be raised: by another setting of the stage, or by AWS, on request. */
export interface Raise {
  readonly limit: Limit;
  readonly times: number;
}

/** What has to be raised for a load. */
export const raisesOf = (limits: readonly Limit[]): readonly Raise[] =>
  limits
    .filter(({ adjustable, use, allowed }) => adjustable && use > allowed)
    .map((limit) => ({ limit, times: limit.use / limit.allowed }));

/** Whether AWS will hardly raise it so far. A setting of a stage is our own to change. */
export const isTooMuch = ({ limit, times }: Raise, { capacity }: Facts): boolean => !limit.isSetting && times > capacity.quotaRaise.value;

export const raiseText = ({ limit: { allowed, unit, isSetting }, times }: Raise): string =>
  `needs ${isSetting ? 'the setting' : 'the quota'} of ${formatNumber(allowed)} ${unit} raised ${formatNumber(times)} times`;
