import { ANONYMOUS } from '../../../backbone/domain/principal.ts';

/** Counts what each principal has open on this task, and lets nobody but the anonymous one have more than so much. */
export class PrincipalQuota {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one; false where the principal has all that it may have. */
  take(principal: string): boolean {
    if (principal === ANONYMOUS) return true;
    const open = this.#open.get(principal) ?? 0;
    if (open >= this.#most) return false;
    this.#open.set(principal, open + 1);
    return true;
  }

  /** Gives one back. */
  give(principal: string): void {
    const open = this.#open.get(principal) ?? 0;
    if (open > 1) this.#open.set(principal, open - 1);
    // Those who have nothing open are forgotten: over time there are more principals than memory.
    else this.#open.delete(principal);
  }
}
