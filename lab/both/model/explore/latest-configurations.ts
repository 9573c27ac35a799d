import type { LatestDay, LatestPublication, LatestScenario } from '../latest/latest-scenario.ts';
import type { Leg } from '../scenario.ts';

export interface LatestConfiguration {
  readonly name: string;
  readonly scenario: LatestScenario;
}

const SET: LatestPublication = { key: 'x', removes: false, crash: undefined, afterMs: 0 };
const REMOVE: LatestPublication = { ...SET, removes: true };
const LEG: Leg = { hub: 0, steps: 1, lagMs: 0 };
const OTHER_LEG: Leg = { ...LEG, hub: 1 };

/** Long enough for everything to expire. */
const LONG_MS = 700_000;

/** Too short for anything to expire. */
const SHORT_MS = 60_000;

/** When a task is about to compare. */
const SHORTLY_BEFORE_MS = 29_000;

function day(...publishers: readonly (readonly LatestPublication[])[]): LatestDay {
  return { publishers, timeMs: [] };
}

function scenario(days: readonly LatestDay[], consumers: LatestScenario['consumers'], more: Partial<LatestScenario> = {}): LatestScenario {
  return { fates: ['deliver'], consumers, days, nightMs: LONG_MS, lags: false, ...more };
}

function* all(): Generator<LatestConfiguration> {
  const two = [[LEG], [OTHER_LEG]];
  yield { name: 'latest: two publishers, two streams', scenario: scenario([day([SET], [SET])], two) };
  for (const atCall of [1, 2]) {
    for (const when of ['before', 'after'] as const) {
      yield {
        name: `latest: two publishers, two streams, a crash ${when} call ${atCall}`,
        scenario: scenario([day([{ ...SET, crash: { atCall, when } }], [SET])], two),
      };
    }
  }
  yield { name: 'latest: a removal by another publisher', scenario: scenario([day([SET, SET], [REMOVE])], [[LEG]]) };
  yield { name: 'latest: a notification that is lost', scenario: scenario([day([SET])], [[LEG]], { fates: ['drop'] }) };
  yield {
    name: 'latest: notifications that come twice and late',
    scenario: scenario([day([SET, SET])], two, { fates: ['delay', 'double', 'deliver'] }),
  };
  yield {
    name: 'latest: a stream that changes to a task that is behind',
    scenario: scenario([day([SET]), day([SET])], [[OTHER_LEG], [LEG, OTHER_LEG]], { fates: ['deliver', 'drop'], nightMs: SHORT_MS }),
  };
  yield { name: 'latest: a key that expires', scenario: scenario([day([SET]), day()], [[LEG], [OTHER_LEG]]) };
  yield { name: 'latest: a key that expires and is published again', scenario: scenario([day([SET]), day([SET])], [[LEG]]) };
  yield {
    name: 'latest: a comparison that lacks what was written last',
    scenario: scenario([day([{ ...SET, afterMs: SHORTLY_BEFORE_MS }])], [[LEG]], { lags: true }),
  };
}

export const LATEST_CONFIGURATIONS: readonly LatestConfiguration[] = [...all()];
