import { Simulation } from './simulation.ts';
import type { Steps } from './steps.ts';
import { BrokenPromiseError } from './verdict.ts';

/** Plays one run in the order in which the steps are taken. @throws what went wrong, with everything that happened */
export async function simulate(steps: Steps, play: (simulation: Simulation) => Promise<void>): Promise<void> {
  const simulation = new Simulation(steps);
  try {
    await play(simulation);
  } catch (error) {
    throw new BrokenPromiseError(`${(error as Error).message}\n${simulation.trace.join('\n')}`, { cause: error });
  }
}
