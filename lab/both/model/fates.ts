import { NOTHING, type Touches, writes } from './steps.ts';

/** What happens to the copies of notifications, one after another; after the last fate it begins anew. */
export class Fates<Fate extends string> {
  readonly #fates: readonly Fate[];
  #copies = 0;

  constructor(fates: readonly Fate[]) {
    this.#fates = fates;
  }

  /** Of a step that notifies: what happens to a copy depends on how many came before, unless it is the same for all. */
  get touches(): Touches {
    return this.#fates.length === 1 ? NOTHING : [writes('fates')];
  }

  next(): Fate | 'deliver' {
    return this.#fates[this.#copies++ % this.#fates.length] ?? 'deliver';
  }
}
