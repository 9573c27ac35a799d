import { performance } from 'node:perf_hooks';
import { oncePerTurn } from '../once-per-turn.ts';
import { RecentUse } from './recent-use.ts';

/** The least that a piece of work counts, however short it is. */
const MIN_PIECE_MS = 0.05;

/**
 * How long one turn of the event loop may work on each; the last piece may exceed it. Serving a client takes
 * several turns, so a health check, an accept or a resume waits for several of these, however much is queued
 * here.
 */
const REQUESTS_MS = 2;
const PAGES_MS = 0.5;

/**
 * The largest share of time that pages get, even if nothing else waits: newcomers then find the task idle
 * half of the time, and V8 has less garbage to collect.
 */
const PAGES_SHARE = 0.5;

/**
 * Does a task's work in pieces of about a millisecond, so that none of it blocks the event loop for long.
 * Requests come first, then pages. Use is counted separately for the two, and the principal that has used
 * least lately is served first: a user who reads many pages still gets its requests served.
 */
export class Turns {
  readonly #nowMs: () => number;
  readonly #requests: Pieces;
  readonly #pages: Pieces;
  readonly #scheduleTurn = oncePerTurn(() => this.#turn());
  #waiting = false;
  /** Milliseconds spent on requests since the event loop's last turn. */
  #doneMs = 0;
  /** Pages have used up their share of the time until then. */
  #pagesFromMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs a monotonic clock, in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#requests = new Pieces(nowMs);
    this.#pages = new Pieces(nowMs);
  }

  /**
   * Short work that a request needs before it is accepted, of which hundreds may arrive at once. Runs at once
   * if there is time, otherwise when it is the principal's turn. Throws or rejects as the work does.
   */
  forRequest<Result>(principal: string, work: () => Result): Result | Promise<Awaited<Result>> {
    if (this.#requests.isEmpty && this.#doneMs < REQUESTS_MS) {
      this.#scheduleTurn();
      return this.#now(principal, work);
    }
    return this.#later(this.#requests, principal, work);
  }

  /** Encodes a piece of what one client lacks, when it is the principal's turn. Settles as the work does. */
  forPage<Result>(principal: string, work: () => Result): Promise<Awaited<Result>> {
    return this.#later(this.#pages, principal, work);
  }

  #now<Result>(principal: string, work: () => Result): Result {
    const startedAtMs = this.#nowMs();
    try {
      return work();
    } finally {
      this.#doneMs += this.#requests.note(principal, this.#nowMs() - startedAtMs);
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

  #turn(): void {
    this.#doneMs = 0;
    this.#requests.work(REQUESTS_MS);
    this.#workOnPages();
    if (!this.#requests.isEmpty) this.#scheduleTurn();
    else if (!this.#pages.isEmpty) this.#waitForPages();
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

  /** @returns the milliseconds that count */
  note(principal: string, tookMs: number): number {
    const countedMs = Math.max(MIN_PIECE_MS, tookMs);
    this.#use.add(principal, countedMs);
    return countedMs;
  }

  /** Works on pieces for this long, but on at least one. */
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
    // Moves behind those that have used as little.
    this.#queues.delete(principal);
    if (queue.length > 0) this.#queues.set(principal, queue);
    return piece;
  }
}
