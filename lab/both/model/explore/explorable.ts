import { EPHEMERAL_MUTATIONS } from '../ephemeral/ephemeral-mutations.ts';
import { runEphemeral } from '../ephemeral/ephemeral-run.ts';
import { LATEST_MUTATIONS } from '../latest/latest-mutations.ts';
import { runLatest } from '../latest/latest-run.ts';
import { LATEST, type LatestWiring } from '../latest/latest-wiring.ts';
import { MUTATIONS, mutate } from '../mutations.ts';
import { run } from '../run.ts';
import { NEVER_MS } from '../simulated-hub.ts';
import type { Steps } from '../steps.ts';
import { PROTOCOL, type Wiring } from '../wiring.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { EPHEMERAL_CONFIGURATIONS } from './ephemeral-configurations.ts';
import { LATEST_CONFIGURATIONS } from './latest-configurations.ts';
import { WHERE } from './where.ts';

/** A configuration with the code that it plays. */
export interface Explorable {
  readonly name: string;
  /** @throws what went wrong, with everything that happened */
  play(steps: Steps): Promise<void>;
}

/** A rule, broken on purpose, with the configurations that are to show it. */
export interface ExplorableMutation {
  readonly name: string;
  readonly configurations: readonly Explorable[];
  readonly install?: () => () => void;
}

function durable(wiring: Wiring): readonly Explorable[] {
  const quiet = { ...wiring, heartbeatIntervalMs: NEVER_MS };
  return CONFIGURATIONS.map(({ name, scenario }) => ({ name, play: (steps) => run(scenario, steps, quiet) }));
}

function latest(wiring: LatestWiring): readonly Explorable[] {
  return LATEST_CONFIGURATIONS.map(({ name, scenario }) => ({ name, play: (steps) => runLatest(scenario, steps, wiring) }));
}

const EPHEMERAL: readonly Explorable[] = EPHEMERAL_CONFIGURATIONS.map(({ name, scenario }) => ({
  name,
  play: (steps) => runEphemeral(scenario, steps),
}));

/** What is to keep its promises. */
export const PROMISED: readonly Explorable[] = [...durable(PROTOCOL), ...latest(LATEST), ...EPHEMERAL];

export const EXPLORABLE_MUTATIONS: readonly ExplorableMutation[] = [
  ...MUTATIONS.map((mutation) => explorable(mutation, durable(mutate(mutation)))),
  ...LATEST_MUTATIONS.map((mutation) => explorable(mutation, latest({ ...LATEST, ...mutation.wiring }))),
  ...EPHEMERAL_MUTATIONS.map((mutation) => explorable(mutation, EPHEMERAL)),
];

function explorable(
  { name, install }: Pick<ExplorableMutation, 'name' | 'install'>,
  configurations: readonly Explorable[],
): ExplorableMutation {
  const where = WHERE[name];
  if (where === undefined) throw new Error(`no configuration shows ${name}: add one to where.ts`);
  const shown = configurations.filter((one) => one.name === where || one.name.startsWith(`${where}, a crash`));
  return { name, configurations: shown, ...(install && { install }) };
}
