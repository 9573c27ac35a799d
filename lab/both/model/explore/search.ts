import type { Steps } from '../steps.ts';
import type { Explorable, ExplorableMutation } from './explorable.ts';
import { type Exploration, explore, type Schedule } from './explore.ts';

/** Interleavings of each configuration that a mutation is worth at least: twice what the least noticeable one took in trials. */
export const MUTATION_RUNS = 1_000;

export interface SearchOptions {
  readonly maxPreemptions: number;
  /** For each configuration and each number of preemptions. */
  readonly maxRuns: number;
  readonly signal?: AbortSignal;
  readonly onRun?: (played: number) => void;
}

export interface Broken {
  readonly configuration: string;
  readonly error: Error;
  readonly schedule: Schedule;
}

export interface Searched {
  /** Interleavings that differ from each other in more than the order of independent steps. */
  readonly interleavings: number;
  /** Runs, with those that were given up because they were equivalent to others, and those with fewer preemptions once more. */
  readonly played: number;
  /** All interleavings with at most so many preemptions were played; undefined if not even those without. */
  readonly completeUpTo: number | undefined;
  readonly broken?: Broken;
}

/** Explores with no preemption first, then with one more each time: what needs few is found soon. */
export async function search({ name, play }: Explorable, options: SearchOptions): Promise<Searched> {
  let searched: Searched = { interleavings: 0, played: 0, completeUpTo: undefined };
  for (let maxPreemptions = 0; maxPreemptions <= options.maxPreemptions; maxPreemptions++) {
    const { runs, redundant, isComplete, failure } = await exploreOnce(play, maxPreemptions, searched.played, options);
    searched = {
      interleavings: Math.max(runs, searched.interleavings),
      played: searched.played + runs + redundant,
      completeUpTo: isComplete ? maxPreemptions : searched.completeUpTo,
      ...(failure && { broken: { configuration: name, ...failure } }),
    };
    if (!isComplete) break;
  }
  return searched;
}

/** @returns how many runs it took until the mutation was noticed, and what was noticed */
export async function searchMutation(mutation: ExplorableMutation, options: SearchOptions): Promise<Pick<Searched, 'played' | 'broken'>> {
  const undo = mutation.install?.();
  let played = 0;
  try {
    for (let maxPreemptions = 0; maxPreemptions <= options.maxPreemptions; maxPreemptions++) {
      for (const { name, play } of mutation.configurations) {
        const { runs, redundant, failure } = await exploreOnce(play, maxPreemptions, played, options);
        played += runs + redundant;
        if (failure !== undefined) return { played, broken: { configuration: name, ...failure } };
      }
    }
    return { played };
  } finally {
    undo?.();
  }
}

function exploreOnce(
  play: (steps: Steps) => Promise<void>,
  maxPreemptions: number,
  before: number,
  options: SearchOptions,
): Promise<Exploration> {
  const { maxRuns, signal, onRun } = options;
  return explore(play, { maxPreemptions, maxRuns, ...(signal && { signal }), onRun: (played) => onRun?.(before + played) });
}
