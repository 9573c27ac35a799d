import { ANONYMOUS } from '../../backbone/domain/principal.ts';

export interface PermitSource {
  /**
   * Waits for a permit and takes it.
   * @returns gives it back; call it once
   * @throws the signal's reason when it aborts first
   */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/**
 * At most so many at once. Principals take turns: whoever comes waits for one permit of each of the others at most, however
 * many they wait for. Each is served in the order in which it came.
 */
export class Permits {
  readonly #perPrincipal: number;
  #free: number;
  readonly #taken = new Map<string, number>();
  /** The next to be served comes first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @param perPrincipal at most so many for one principal, but the anonymous one, who is everybody. @default all */
  constructor(count: number, perPrincipal = count) {
    this.#free = count;
    this.#perPrincipal = perPrincipal;
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
    this.#taken.set(principal, (this.#taken.get(principal) ?? 0) + 1);
  }

  #release(principal: string): void {
    this.#free++;
    const taken = (this.#taken.get(principal) ?? 0) - 1;
    if (taken > 0) this.#taken.set(principal, taken);
    else this.#taken.delete(principal);
    this.#serveNext();
  }

  #serveNext(): void {
    for (const [principal, queue] of this.#waiting) {
      const [give] = queue;
      if (give === undefined || !this.#mayTake(principal)) continue;
      this.#take(principal);
      queue.delete(give);
      this.#waiting.delete(principal);
      // Behind the others, who have their turn first.
      if (queue.size > 0) this.#waiting.set(principal, queue);
      give();
      return;
    }
  }
}

/** For somebody who may have one permit at a time: it waits for its own turn first, and keeps no other's place meanwhile. */
export function oneAtATime(): PermitSource {
  return new Permits(1).for(ANONYMOUS);
}
