import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import { RecentUse } from '../budget/recent-use.ts';

export interface PermitSource {
  /**
   * Waits for a permit and takes it.
   * @returns a function that releases the permit; call it once
   * @throws the signal's reason if it aborts first
   */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/**
 * Limits how many run at once. The principal that took least lately is served first, however many requests of
 * others wait. Requests of one principal are served in order.
 */
export class Permits {
  readonly #perPrincipal: number;
  #free: number;
  readonly #taken = new Map<string, number>();
  readonly #use: RecentUse;
  /** The next to be served comes first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /**
   * @param perPrincipal limit per principal; does not apply to the anonymous one, which all clients share.
   * @default `count`
   */
  constructor(count: number, perPrincipal = count, nowMs?: () => number) {
    this.#free = count;
    this.#perPrincipal = perPrincipal;
    this.#use = new RecentUse(nowMs);
  }

  /** Adds to a principal's use: the work of its read was larger than one permit says. */
  noteUse(principal: string, amount: number): void {
    this.#use.add(principal, amount);
  }

  /** The permits as one principal gets them. */
  for(principal: string): PermitSource {
    return { acquire: (signal) => this.#acquire(principal, signal) };
  }

  async #acquire(principal: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0 && this.#mayTake(principal)) this.#take(principal);
    else await this.#turn(principal, signal);
    return () => this.#release(principal);
  }

  #turn(principal: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(principal) ?? new Set();
      const give = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        queue.delete(give);
        if (queue.size === 0 && this.#waiting.get(principal) === queue) this.#waiting.delete(principal);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.add(give);
      this.#waiting.set(principal, queue);
    });
  }

  #mayTake(principal: string): boolean {
    return principal === ANONYMOUS || (this.#taken.get(principal) ?? 0) < this.#perPrincipal;
  }

  #take(principal: string): void {
    this.#free--;
    this.#use.add(principal, 1);
    this.#taken.set(principal, (this.#taken.get(principal) ?? 0) + 1);
  }

  #release(principal: string): void {
    this.#free++;
    const taken = (this.#taken.get(principal) ?? 0) - 1;
    if (taken > 0) this.#taken.set(principal, taken);
    else this.#taken.delete(principal);
    this.#serveNext();
  }

  /** A generator, not a list: thousands may wait in a storm, and usually the first is the one to serve. */
  *#ready(): Generator<string> {
    for (const principal of this.#waiting.keys()) if (this.#mayTake(principal)) yield principal;
  }

  #serveNext(): void {
    const principal = this.#use.least(this.#ready());
    const queue = principal === undefined ? undefined : this.#waiting.get(principal);
    const [give] = queue ?? [];
    if (principal === undefined || queue === undefined || give === undefined) return;
    this.#take(principal);
    queue.delete(give);
    // Moves behind those that have used as little.
    this.#waiting.delete(principal);
    if (queue.size > 0) this.#waiting.set(principal, queue);
    give();
  }
}

/**
 * A source with a single permit, for a reader that does one thing at a time: it waits for its own turn before
 * it takes a place that others could use.
 */
export function oneAtATime(): PermitSource {
  return new Permits(1).for(ANONYMOUS);
}
