import { median } from '../../shared/median.ts';
import type { Connecting, Delivering } from '../measure/workload.ts';
import type { Sample } from './compare.ts';

export type Metric = keyof Omit<Connecting, 'streams'> | keyof Omit<Delivering, 'events'>;

/** What was measured, by scenario, server and round. */
export class Results {
  readonly samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
  }

  of(scenarioId: string, peerId: string): readonly Sample[] {
    return this.samples.filter(({ scenario, peer }) => scenario.id === scenarioId && peer.id === peerId);
  }

  /** The median over the rounds; undefined where nothing was measured. */
  median(scenarioId: string, peerId: string, metric: Metric): number | undefined {
    return median([...this.#perRound(scenarioId, peerId, metric).values()]);
  }

  /**
   * One server's value divided by another's, each pair from the same round, so that a machine that slows down hits both: the
   * median over the rounds.
   */
  ratio(metric: Metric, scenarioId: string, peerId: string, otherPeerId: string, otherScenarioId = scenarioId): number | undefined {
    const others = this.#perRound(otherScenarioId, otherPeerId, metric);
    const ratios = [...this.#perRound(scenarioId, peerId, metric)].flatMap(([round, value]) => {
      const other = others.get(round);
      // A process can have less memory with its streams than before: that is no measure of anything.
      return other === undefined || other <= 0 ? [] : [value / other];
    });
    return median(ratios);
  }

  /** Why measurements failed, once each. */
  failures(scenarioId: string, peerId: string): readonly string[] {
    const reasons = this.of(scenarioId, peerId).flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.reason] : []));
    return [...new Set(reasons)];
  }

  /** Whether a server was spared the scenario in every round, since it was saturated at a lower rate. */
  isSpared(scenarioId: string, peerId: string): boolean {
    const samples = this.of(scenarioId, peerId);
    return samples.length > 0 && samples.every(({ outcome }) => outcome.kind === 'skipped');
  }

  #perRound(scenarioId: string, peerId: string, metric: Metric): ReadonlyMap<number, number> {
    return new Map(
      this.of(scenarioId, peerId).flatMap(({ round, outcome }) => {
        if (outcome.kind !== 'measured') return [];
        const { connecting, delivering } = outcome.measurement;
        const value = { ...connecting, ...delivering }[metric];
        return value === undefined ? [] : [[round, value] as const];
      }),
    );
  }
}
