import { performance } from 'node:perf_hooks';

interface Piece {
  readonly work: () => void;
}

/**
 * Work done before the event loop gets its turn. A load balancer's health check, accepts and heartbeats then wait for a few of
 * these at most, however much is waiting here.
 */
const TURN_MS = 2;

/**
 * Does the heavy work of a task (encoding pages, parsing bodies) in pieces, so that none of it blocks the event loop for long.
 * Principals take turns: whoever has one piece to do waits for one piece of each of the others at most.
 */
export class Turns {
  readonly #queues = new Map<string, Piece[]>();
  readonly #nowMs: () => number;
  #scheduled = false;

  /** @param nowMs a clock that never goes back; milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Does one piece of work, of a millisecond or so, when the principal's turn comes. Settles as the work does. */
  run<Result>(principal: string, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(principal) ?? [];
      this.#queues.set(principal, queue);
      queue.push({
        work: () => {
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        },
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
    do {
      const [next] = this.#queues;
      if (next === undefined) return;
      const [principal, queue] = next;
      const piece = queue.shift();
      this.#queues.delete(principal);
      if (queue.length > 0) this.#queues.set(principal, queue);
      piece?.work();
    } while (this.#nowMs() - startedAtMs < TURN_MS);
  }
}
