import { performance } from 'node:perf_hooks';
import { RecentUse } from './recent-use.ts';

/** However short a piece is, it counts. */
const MIN_PIECE_MS = 0.05;

/**
 * Work done before the event loop gets its turn. A load balancer's health check, accepts and heartbeats then wait for a few of
 * these at most, however much is waiting here.
 */
const TURN_MS = 2;

/**
 * Does the heavy work of a task (encoding pages, parsing bodies) in pieces, so that none of it blocks the event loop for long.
 * Whoever has used least lately goes first.
 */
export class Turns {
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #nowMs: () => number;
  readonly #use: RecentUse;
  #scheduled = false;

  /** @param nowMs a clock that never goes back; milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#use = new RecentUse(nowMs);
  }

  /** Does one piece of work, of a millisecond or so, when the principal's turn comes. Settles as the work does. */
  run<Result>(principal: string, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(principal) ?? [];
      this.#queues.set(principal, queue);
      queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      this.#scheduleTurn();
    });
  }

  #scheduleTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
      if (this.#queues.size > 0) this.#scheduleTurn();
    });
  }

  #turn(): void {
    const startedAtMs = this.#nowMs();
    let atMs = startedAtMs;
    do {
      const principal = this.#use.least(this.#queues.keys());
      if (principal === undefined) return;
      const queue = this.#queues.get(principal) ?? [];
      const piece = queue.shift();
      // Behind those who have used as little.
      this.#queues.delete(principal);
      if (queue.length > 0) this.#queues.set(principal, queue);
      piece?.();
      const endedAtMs = this.#nowMs();
      this.#use.add(principal, Math.max(MIN_PIECE_MS, endedAtMs - atMs));
      atMs = endedAtMs;
    } while (atMs - startedAtMs < TURN_MS);
  }
}
