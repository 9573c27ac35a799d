import { CAPACITY, type CapacityId } from './data/capacity.ts';
import { PRICES, type PriceId, type Region } from './data/prices.ts';
import { QUOTAS, type Quota, type QuotaId } from './data/quotas.ts';
import type { Figure, Price } from './figure.ts';

/** Every number that does not come from the workload. */
export interface Facts {
  readonly prices: Readonly<Record<PriceId, Price>>;
  readonly quotas: Readonly<Record<QuotaId, Quota>>;
  readonly capacity: Readonly<Record<CapacityId, Figure>>;
}

export const factsOf = (region: Region): Facts => ({ prices: PRICES[region], quotas: QUOTAS, capacity: CAPACITY });

/** Figures that are assumed, each with the range in which it may lie. */
export const ASSUMED = (Object.entries(CAPACITY) as [CapacityId, Figure][]).flatMap(([id, figure]) =>
  figure.confidence === 'assumed' ? [{ id, figure }] : [],
);

/** The same, but for one figure that has another value. */
export function withFigure(facts: Facts, id: CapacityId, value: number): Facts {
  return { ...facts, capacity: { ...facts.capacity, [id]: { ...facts.capacity[id], value } } };
}
