import * as fc from 'fast-check';
import type { Fate, Leg } from '../scenario.ts';
import { fate, leg } from '../scenario.ts';

export interface EphemeralScenario {
  readonly fates: readonly Fate[];
  /** How many events each publisher publishes. */
  readonly publishers: readonly number[];
  /** Each consumer's legs. */
  readonly consumers: readonly (readonly Leg[])[];
  readonly timeMs: readonly number[];
}

/** Everything that a run of an ephemeral channel does; in which order, the scheduler says. */
export const ephemeralScenario: fc.Arbitrary<EphemeralScenario> = fc.record({
  fates: fc.array(fate, { minLength: 1, maxLength: 8 }),
  publishers: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  consumers: fc.array(fc.array(leg, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  timeMs: fc.array(fc.constantFrom(50, 6_000, 12_000), { maxLength: 3 }),
});
