import { factsOf } from '../src/facts.ts';
import type { Item, OptionId } from '../src/option.ts';
import { optionOf } from '../src/options.ts';
import { type Answer, answerOf } from '../src/plan.ts';
import { workloadOf } from '../src/presets.ts';
import type { Workload } from '../src/workload.ts';

/** Nobody connects and nothing is published, unless a test says so: what it says can then be worked out by hand. */
export const quiet = (given: Partial<Workload> = {}): Workload =>
  workloadOf('live-feed', {
    averageConnections: 0,
    eventsPerSecond: 0,
    fanOut: 0,
    clientMessagesPerSecond: 0,
    reconnectsPerDay: 0,
    subscriptionsPerConnection: 1,
    strictProxies: false,
    ...given,
  });

export const billOf = (id: OptionId, workload: Workload): Answer => answerOf(optionOf(id), workload, factsOf(workload.region));

/** An item of a bill; of nothing where it has none. */
export function itemOf(id: string, { items, mayBeAdded = [] }: Answer): Pick<Item, 'quantity' | 'usdPerMonth'> {
  return [...items, ...mayBeAdded].find((item) => item.id === id) ?? { quantity: 0, usdPerMonth: 0 };
}

/** Rounded to a cent, as a bill is. */
export const cents = (usd: number): number => Math.round(usd * 100) / 100;

export const usdOf = (id: string, answer: Answer): number => cents(itemOf(id, answer).usdPerMonth);
