import type { EphemeralScenario } from '../ephemeral/ephemeral-scenario.ts';
import type { Leg } from '../scenario.ts';

export interface EphemeralConfiguration {
  readonly name: string;
  readonly scenario: EphemeralScenario;
}

const LEG: Leg = { hub: 0, steps: 1, lagMs: 0 };
const OTHER_LEG: Leg = { ...LEG, hub: 1 };
const BASE: EphemeralScenario = { fates: ['deliver'], publishers: [1, 1], consumers: [[LEG], [OTHER_LEG]], timeMs: [] };

export const EPHEMERAL_CONFIGURATIONS: readonly EphemeralConfiguration[] = [
  { name: 'ephemeral: two publishers, two streams', scenario: BASE },
  { name: 'ephemeral: notifications that come twice', scenario: { ...BASE, publishers: [2], consumers: [[LEG]], fates: ['double'] } },
  {
    name: 'ephemeral: notifications that come late',
    scenario: { ...BASE, publishers: [1], consumers: [[LEG]], fates: ['delay'], timeMs: [12_000] },
  },
];
