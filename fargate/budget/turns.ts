import { performance } from 'node:perf_hooks';
import { RecentUse } from './recent-use.ts';

/** However short a piece is, it counts. */
const MIN_PIECE_MS = 0.05;

/**
 * Work done before the event loop gets its turn, and the piece that passes it. Whoever comes needs several turns until it is
 * served, so a health check, an accept or a resume waits for several of these, however much is waiting here.
 */
const REQUESTS_MS = 2;
const PAGES_MS = 0.5;

/**
 * Pages get so much of the time at most, even where nobody else needs it: whoever comes then finds a task that is idle half of the
 * time, and V8 has half as much to collect.
 */
const PAGES_SHARE = 0.5;

/**
 * Does the work of a task in pieces of a millisecond at most, so that none of it blocks the event loop for long. Requests come
 * first, then pages, of which there is always more. Among each, whoever has used least lately: somebody who takes in much
 * still has its requests heard.
 */
export class Turns {
  readonly #nowMs: () => number;
  readonly #requests: Pieces;
  readonly #pages: Pieces;
  #scheduled = false;
  #waiting = false;
  /** Of requests, since the event loop's last turn. */
  #doneMs = 0;
  /** Pages have had their share until then. */
  #pagesFromMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs a clock that never goes back; milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#requests = new Pieces(nowMs);
    this.#pages = new Pieces(nowMs);
  }

  /**
   * What a request needs until it is taken: short, but hundreds may come at once. It is done now where there is time for it, else
   * when the principal's turn comes. Throws or rejects as the work does.
   */
  forRequest<Result>(principal: string, work: () => Result): Result | Promise<Awaited<Result>> {
    if (this.#requests.isEmpty && this.#doneMs < REQUESTS_MS) {
      this.#scheduleTurn();
      return this.#now(principal, work);
    }
    return this.#later(this.#requests, principal, work);
  }

  /** A piece of what one client lacks, to be encoded when the principal's turn comes. Settles as the work does. */
  forPage<Result>(principal: string, work: () => Result): Promise<Awaited<Result>> {
    return this.#later(this.#pages, principal, work);
  }

  #now<Result>(principal: string, work: () => Result): Result {
    const startedAtMs = this.#nowMs();
    try {
      return work();
    } finally {
      const tookMs = this.#nowMs() - startedAtMs;
      this.#requests.note(principal, tookMs);
      this.#doneMs += Math.max(MIN_PIECE_MS, tookMs);
    }
  }

  #later<Result>(pieces: Pieces, principal: string, work: () => Result): Promise<Awaited<Result>> {
    return new Promise((resolve, reject) => {
      pieces.add(principal, () => {
        try {
          resolve(work() as Awaited<Result>);
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
      this.#doneMs = 0;
      this.#requests.work(REQUESTS_MS);
      this.#workOnPages();
      if (!this.#requests.isEmpty) this.#scheduleTurn();
      else if (!this.#pages.isEmpty) this.#waitForPages();
    });
  }

  #workOnPages(): void {
    const startedAtMs = this.#nowMs();
    if (this.#pages.isEmpty || startedAtMs < this.#pagesFromMs) return;
    this.#pages.work(this.#requests.isEmpty ? PAGES_MS : 0);
    const endedAtMs = this.#nowMs();
    this.#pagesFromMs = endedAtMs + (endedAtMs - startedAtMs) * (1 / PAGES_SHARE - 1);
  }

  #waitForPages(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#scheduleTurn();
    }, 1);
  }
}

/** Pieces of work that wait, by principal. */
class Pieces {
  readonly #nowMs: () => number;
  readonly #use: RecentUse;
  readonly #queues = new Map<string, (() => void)[]>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#use = new RecentUse(nowMs);
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  add(principal: string, piece: () => void): void {
    const queue = this.#queues.get(principal) ?? [];
    this.#queues.set(principal, queue);
    queue.push(piece);
  }

  note(principal: string, tookMs: number): void {
    this.#use.add(principal, Math.max(MIN_PIECE_MS, tookMs));
  }

  /** Does pieces for so long, and at least one. */
  work(ms: number): void {
    const startedAtMs = this.#nowMs();
    let atMs = startedAtMs;
    do {
      const principal = this.#use.least(this.#queues.keys());
      if (principal === undefined) return;
      this.#take(principal)?.();
      const endedAtMs = this.#nowMs();
      this.note(principal, endedAtMs - atMs);
      atMs = endedAtMs;
    } while (atMs - startedAtMs < ms);
  }

  #take(principal: string): (() => void) | undefined {
    const queue = this.#queues.get(principal) ?? [];
    const piece = queue.shift();
    // Behind those who have used as little.
    this.#queues.delete(principal);
    if (queue.length > 0) this.#queues.set(principal, queue);
    return piece;
  }
}
