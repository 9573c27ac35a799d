import { setImmediate } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import type { Clock } from '../../../backbone/ports.ts';
import { Sleepers } from '../../../test/support/sleepers.ts';

/** When something happened. Many things happen at one time of the clock: the steps tell their order. */
export interface SimulatedTime {
  readonly step: number;
  readonly ms: number;
}

/** Far beyond what a run takes: whoever needs more is caught in a loop. */
const MAX_STEPS = 20_000;

/** Turns of the event loop without a new step, after which there is none: the hub serves its streams from `setImmediate`. */
const IDLE_TURNS = 4;

/**
 * One run of the model: everything that happens is a step that fast-check's scheduler picks, and the time stands still unless it
 * is moved. So one seed is one interleaving.
 */
export class Simulation implements Clock {
  readonly #scheduler: Scheduler;
  readonly #startedAtMs = Date.UTC(2026, 0, 1);
  readonly #sleepers = new Sleepers();
  readonly #trace: string[] = [];
  readonly #failures: unknown[] = [];
  #nowMs = this.#startedAtMs;
  #steps = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  get now(): SimulatedTime {
    return { step: this.#steps, ms: this.#nowMs };
  }

  /** What has happened, a line each. */
  get trace(): readonly string[] {
    return this.#trace;
  }

  note(line: string): void {
    this.#trace.push(`${String(this.#steps).padStart(5)} ${String(this.#nowMs - this.#startedAtMs).padStart(7)} ms  ${line}`);
  }

  /** Resolves when the scheduler picks it among all that could happen next. */
  step(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  /** Runs beside everything else. What it throws fails the run. */
  spawn(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#failures.push(error));
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#sleepers.add(this.#nowMs + ms, signal);
    await this.step('a sleep is over');
  }

  /** Moves the time on at once, as it looks to processes that were stopped meanwhile. */
  advance(ms: number): void {
    this.#nowMs += ms;
    while (this.#sleepers.nextAtMs() <= this.#nowMs) this.#sleepers.wakeNext();
  }

  /** Takes all steps there are, and moves the time to the next sleeper whenever there is none, until the work is done. */
  async runUntil(work: Promise<unknown>): Promise<void> {
    let done = false;
    this.spawn(async () => {
      try {
        await work;
      } finally {
        done = true;
      }
    });
    for (await this.#drain(); !done; await this.#drain()) this.#advanceToNext(Number.POSITIVE_INFINITY);
  }

  /** Lets so much time pass, with everything that happens in it. */
  async runFor(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#drain();
    while (this.#advanceToNext(untilMs)) await this.#drain();
    this.advance(untilMs - this.#nowMs);
    await this.#drain();
  }

  #advanceToNext(untilMs: number): boolean {
    const next = this.#sleepers.nextAtMs();
    if (next === Number.POSITIVE_INFINITY && untilMs === next) throw new Error('the run stands still: nothing can happen any more');
    if (next > untilMs) return false;
    this.advance(Math.max(0, next - this.#nowMs));
    return true;
  }

  async #drain(): Promise<void> {
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      await setImmediate();
      for (; this.#scheduler.count() > 0; idle = 0) {
        if (++this.#steps > MAX_STEPS) throw new Error(`the run has not come to rest within ${MAX_STEPS} steps`);
        // Not `waitNext`, which waits for a hundred microtasks: a turn of the event loop runs all there are, for half of the time.
        await this.#scheduler.waitOne();
        await setImmediate();
      }
    }
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
