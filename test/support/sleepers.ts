interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** Who sleeps on a clock that only a test moves. */
export class Sleepers {
  readonly #sleepers = new Set<Sleeper>();

  /** How many sleeps have not ended yet. */
  get count(): number {
    return this.#sleepers.size;
  }

  /** Resolves when it is woken; rejects with the signal's reason when that aborts first. */
  add(wakeAtMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        wakeAtMs,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** When the next one is to be woken; infinity when nobody sleeps. */
  nextAtMs(): number {
    return Math.min(...[...this.#sleepers].map(({ wakeAtMs }) => wakeAtMs));
  }

  /** Wakes the one whose time comes first; those of the same time in the order in which they came. */
  wakeNext(): void {
    const atMs = this.nextAtMs();
    const next = [...this.#sleepers].find(({ wakeAtMs }) => wakeAtMs === atMs);
    if (next === undefined) return;
    this.#sleepers.delete(next);
    next.wake();
  }
}
