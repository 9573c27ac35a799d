import type { Steps, Touches } from '../steps.ts';
import { areDependent } from './dependence.ts';
import { AbandonedError, GuidedSteps, type Situation, usualChoice } from './guided-steps.ts';
import { racesOf } from './races.ts';

export interface ExploreOptions {
  /** How often something that could go on is interrupted, at most. */
  readonly maxPreemptions: number;
  /** Interleavings after which the exploration ends, whatever is left. */
  readonly maxRuns: number;
  readonly signal?: AbortSignal;
  readonly onRun?: (runs: number) => void;
}

export interface Exploration {
  /** Interleavings that were played to their end. */
  readonly runs: number;
  /** Given up on the way, because they were equivalent to others. */
  readonly redundant: number;
  /** Whether there are no others within the bound. */
  readonly isComplete: boolean;
  readonly failure?: { readonly error: Error; readonly schedule: Schedule };
}

/** The steps at which an interleaving leaves the usual order: the place in the run, and the step that is taken there. */
export type Schedule = ReadonlyMap<number, number>;

/** A place in the current run, and what was tried there. */
interface Choice {
  chosen: number;
  touches: Touches;
  readonly usual: number | undefined;
  readonly continuation: number | undefined;
  readonly pending: ReadonlyMap<number, Touches>;
  /** Preemptions before this place. */
  readonly preemptions: number;
  /** What leads only to interleavings that are equivalent to earlier ones. */
  readonly asleep: Map<number, Touches>;
  readonly wanted: Set<number>;
}

/**
 * Plays the interleavings that differ in the order of dependent steps, one for each such order: dynamic partial-order reduction with
 * source sets and sleep sets, and a bound on preemptions. It keeps nothing but the current run.
 *
 * @param play plays a run to its end; throws what went wrong
 */
export async function explore(play: (steps: Steps) => Promise<void>, options: ExploreOptions): Promise<Exploration> {
  const { maxPreemptions, maxRuns, signal, onRun } = options;
  const path: Choice[] = [];
  let runs = 0;
  let redundant = 0;
  for (let kept = 0; ; ) {
    const steps = new GuidedSteps((situation) => {
      const known = path[situation.at];
      if (known !== undefined) return known.chosen;
      const next = nextChoice(situation, path.at(-1), maxPreemptions);
      if (next !== undefined) path.push(next);
      return next?.chosen;
    });
    const error = await play(steps).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    if (error !== undefined && !isAbandoned(error))
      return { runs: runs + 1, redundant, isComplete: false, failure: { error, schedule: scheduleOf(path) } };
    if (error === undefined) runs++;
    else redundant++;
    onRun?.(runs);
    for (const { at, first } of racesOf(steps.taken, kept)) want(path, at, first, maxPreemptions);
    if (!turnAround(path, maxPreemptions)) return { runs, redundant, isComplete: true };
    if (runs + redundant >= maxRuns || signal?.aborted) return { runs, redundant, isComplete: false };
    kept = path.length - 1;
  }
}

/** Follows a schedule, and the usual order elsewhere. */
export function replay(schedule: Schedule): GuidedSteps {
  return new GuidedSteps((situation) => schedule.get(situation.at) ?? usualChoice(situation));
}

function isAbandoned(error: Error): boolean {
  return error instanceof AbandonedError || error.cause instanceof AbandonedError;
}

function scheduleOf(path: readonly Choice[]): Schedule {
  return new Map([...path.entries()].flatMap(([at, { chosen, usual }]) => (chosen === usual ? [] : [[at, chosen]])));
}

function nextChoice(situation: Situation, last: Choice | undefined, maxPreemptions: number): Choice | undefined {
  const { continuation, pending } = situation;
  const asleep = new Map(last && [...last.asleep].filter(([, touches]) => !areDependent(touches, last.touches)));
  const preemptions = last === undefined ? 0 : preemptionsAfter(last, last.chosen);
  const chosen = usualChoice(situation, (id) => !asleep.has(id));
  if (chosen === undefined) return undefined;
  const choice: Choice = {
    chosen,
    touches: pending.get(chosen)?.touches ?? 'everything',
    usual: usualChoice(situation),
    continuation,
    pending: new Map([...pending].map(([id, { touches }]) => [id, touches])),
    preemptions,
    asleep,
    wanted: new Set(),
  };
  return preemptionsAfter(choice, chosen) > maxPreemptions ? undefined : choice;
}

function preemptionsAfter({ preemptions, continuation }: Choice, chosen: number): number {
  return preemptions + (continuation === undefined || continuation === chosen ? 0 : 1);
}

/**
 * Asks for one of the steps to be tried at a place. If the bound forbids the preemption there, it is tried where what was going on had
 * begun, as in bounded partial-order reduction.
 */
function want(path: readonly Choice[], at: number, first: readonly number[], maxPreemptions: number): void {
  const choice = path[at];
  if (choice === undefined || first.some((id) => id === choice.chosen || choice.wanted.has(id) || choice.asleep.has(id))) return;
  const [id] = first;
  if (id === undefined || !choice.pending.has(id)) return;
  if (preemptionsAfter(choice, id) <= maxPreemptions) choice.wanted.add(id);
  else {
    const begun = path.findLast((earlier, place) => place < at && earlier.continuation === undefined);
    if (begun?.pending.has(id) && !begun.asleep.has(id)) begun.wanted.add(id);
  }
}

/** Goes back to the last place where something is left to try. @returns whether there is one */
function turnAround(path: Choice[], maxPreemptions: number): boolean {
  for (let last = path.at(-1); last !== undefined; path.pop(), last = path.at(-1)) {
    const { asleep, wanted, pending } = last;
    asleep.set(last.chosen, last.touches);
    for (const id of wanted) {
      wanted.delete(id);
      if (asleep.has(id) || preemptionsAfter(last, id) > maxPreemptions) continue;
      last.chosen = id;
      last.touches = pending.get(id) ?? 'everything';
      return true;
    }
  }
  return false;
}
