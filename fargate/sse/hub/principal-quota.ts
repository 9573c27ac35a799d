import { ANONYMOUS } from '../../../backbone/domain/principal.ts';

/**
 * Counts what each principal has open on this task, up to a limit that applies to all but the anonymous
 * principal.
 */
export class PrincipalQuota {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more; false if the principal has reached its limit. */
  take(principal: string): boolean {
    if (principal === ANONYMOUS) return true;
    const open = this.#open.get(principal) ?? 0;
    if (open >= this.#most) return false;
    this.#open.set(principal, open + 1);
    return true;
  }

  /** Counts one less. */
  give(principal: string): void {
    const open = this.#open.get(principal) ?? 0;
    if (open > 1) this.#open.set(principal, open - 1);
    // Principals without anything open are removed from the map: over time there are more than fit into
    // memory.
    else this.#open.delete(principal);
  }
}
