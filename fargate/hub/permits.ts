export interface PermitSource {
  /**
   * Waits for a permit and takes it.
   * @returns gives it back; call it once
   * @throws the signal's reason when it aborts first
   */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/** At most so many at once; the others wait in the order in which they came. */
export class Permits implements PermitSource {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    return () => this.#release();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(give);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(give);
    });
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/** For somebody who may have one permit at a time: it waits for its own turn first, and keeps no other's place meanwhile. */
export function oneAtATime(permits: PermitSource): PermitSource {
  const own = new Permits(1);
  return {
    async acquire(signal) {
      const endTurn = await own.acquire(signal);
      try {
        const release = await permits.acquire(signal);
        return () => {
          release();
          endTurn();
        };
      } catch (error) {
        endTurn();
        throw error;
      }
    },
  };
}
