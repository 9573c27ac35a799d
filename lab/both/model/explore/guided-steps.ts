import type { Step, Steps, Touches } from '../steps.ts';

/** A step as it is known in one run. Two runs that begin with the same steps number what follows alike. */
export interface NumberedStep {
  readonly id: number;
  readonly label: string;
  readonly touches: Touches;
  /** The place in the run of the step that has caused it. */
  readonly causedAt: number | undefined;
}

export interface TakenStep extends NumberedStep {
  /** All steps at places below this one are before it, because nothing else could happen in between. */
  readonly restsAfter: number;
}

export interface Situation {
  /** How many steps were taken. */
  readonly at: number;
  /** What can be taken now, the oldest first. */
  readonly pending: ReadonlyMap<number, NumberedStep>;
  /** Of those the one with which goes on what was going on; undefined if that waits for others or has ended. */
  readonly continuation: number | undefined;
}

/** @returns the step to take, or undefined to give the run up */
export type Guide = (situation: Situation) => number | undefined;

/** The guide has given the run up. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
}

/** Turns of the event loop that a step is given: a hub serves its readers in later ones. */
const TURNS_PER_STEP = 3;

/** Steps in the order that a guide says. */
export class GuidedSteps implements Steps {
  readonly turnsPerStep = TURNS_PER_STEP;
  readonly taken: TakenStep[] = [];
  readonly #guide: Guide;
  readonly #pending = new Map<number, NumberedStep>();
  readonly #resolvers = new Map<number, () => void>();
  #created = 0;
  #continuation: number | undefined;
  #restsAfter = 0;

  constructor(guide: Guide) {
    this.#guide = guide;
  }

  get pending(): number {
    return this.#pending.size;
  }

  add({ label, touches, spawned }: Step): Promise<void> {
    const id = this.#created++;
    const causedAt = this.taken.length > this.#restsAfter ? this.taken.length - 1 : undefined;
    this.#pending.set(id, { id, label, touches, causedAt });
    if (!spawned && causedAt !== undefined) this.#continuation ??= id;
    return new Promise((resolve) => {
      this.#resolvers.set(id, resolve);
    });
  }

  async take(): Promise<void> {
    const id = this.#guide({ at: this.taken.length, pending: this.#pending, continuation: this.#continuation });
    if (id === undefined) throw new AbandonedError();
    const step = this.#pending.get(id);
    if (step === undefined)
      throw new Error(`step ${id} cannot be taken at ${this.taken.length}: there are ${[...this.#pending.keys()].join(' ')}`);
    this.#pending.delete(id);
    this.#continuation = undefined;
    this.taken.push({ ...step, restsAfter: this.#restsAfter });
    this.#resolvers.get(id)?.();
    this.#resolvers.delete(id);
  }

  rest(): void {
    this.#restsAfter = this.taken.length;
    this.#continuation = undefined;
  }
}

/** What is taken where nothing else is wanted: what was going on goes on, otherwise what has waited longest. */
export function usualChoice({ continuation, pending }: Situation, isWanted: (id: number) => boolean = () => true): number | undefined {
  if (continuation !== undefined && isWanted(continuation)) return continuation;
  for (const id of pending.keys()) if (isWanted(id)) return id;
  return undefined;
}
