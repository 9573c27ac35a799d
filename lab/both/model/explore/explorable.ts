import { MUTATIONS, mutate } from '../mutations.ts';
import { run } from '../run.ts';
import type { Steps } from '../steps.ts';
import { PROTOCOL, type Wiring } from '../wiring.ts';
import { CONFIGURATIONS } from './configurations.ts';
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

/** Heartbeats decide nothing, and would only multiply the interleavings. */
const NEVER_MS = 1_000_000_000;

function durable(wiring: Wiring): readonly Explorable[] {
  const quiet = { ...wiring, heartbeatIntervalMs: NEVER_MS };
  return CONFIGURATIONS.map(({ name, scenario }) => ({ name, play: (steps) => run(scenario, steps, quiet) }));
}

/** What is to keep its promises. */
export const PROMISED: readonly Explorable[] = durable(PROTOCOL);

export const EXPLORABLE_MUTATIONS: readonly ExplorableMutation[] = MUTATIONS.map((mutation) => {
  const where = WHERE[mutation.name];
  if (where === undefined) throw new Error(`no configuration shows ${mutation.name}: add one to where.ts`);
  return {
    name: mutation.name,
    configurations: durable(mutate(mutation)).filter(
      ({ name }) => name === where || name.startsWith(`${where},`) || name.startsWith(`${where} and`),
    ),
    ...(mutation.install && { install: mutation.install }),
  };
});
