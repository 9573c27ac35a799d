import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../backbone/ports.ts';
import { Sleepers } from '../../../test/support/sleepers.ts';
import type { Steps, Touches } from './steps.ts';

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
 * One run of the model: everything that happens is a step that a scheduler picks, and the time stands still unless it is moved. So
 * the order of the steps is the interleaving, and there is nothing else by which two runs differ.
 */
export class Simulation implements Clock {
  readonly #scheduler: Steps;
  readonly #startedAtMs = Date.UTC(2026, 0, 1);
  readonly #sleepers = new Sleepers();
  readonly #trace: string[] = [];
  readonly #failures: unknown[] = [];
  #nowMs = this.#startedAtMs;
  #steps = 0;
  #spawns = false;

  constructor(scheduler: Steps) {
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

  /**
   * Resolves when the scheduler picks it among all that could happen next.
   * @param touches what is used from then on until the next step
   */
  step(label: string, touches: Touches = 'everything'): Promise<void> {
    return this.#scheduler.add({ label, touches, spawned: this.#spawns });
  }

  /** Runs beside everything else. What it throws fails the run. */
  spawn(work: () => Promise<void>): void {
    const spawns = this.#spawns;
    this.#spawns = true;
    work().catch((error: unknown) => this.#failures.push(error));
    this.#spawns = spawns;
  }

  async sleep(ms: number, signal?: AbortSignal, touches?: Touches): Promise<void> {
    await this.#sleepers.add(this.#nowMs + ms, signal);
    await this.step('a sleep is over', touches);
  }

  /** The clock of one who uses no more than this when a sleep is over. */
  clockOf(touches: Touches): Clock {
    return { nowMs: () => this.nowMs(), sleep: (ms, signal) => this.sleep(ms, signal, touches) };
  }

  /** Moves the time on at once, as it looks to processes that were stopped meanwhile. */
  advance(ms: number): void {
    this.#nowMs += ms;
    while (this.#sleepers.nextAtMs() <= this.#nowMs) this.#sleepers.wakeNext();
  }

  /** Moves the time on, each time by so much and whenever the scheduler picks it. */
  async passTime(stepsMs: readonly number[]): Promise<void> {
    for (const ms of stepsMs) {
      await this.step('time passes');
      this.note(`${ms} ms pass`);
      this.advance(ms);
    }
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
    this.#scheduler.rest();
    this.advance(Math.max(0, next - this.#nowMs));
    return true;
  }

  async #drain(): Promise<void> {
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      await setImmediate();
      for (; this.#scheduler.pending > 0; idle = 0) {
        if (++this.#steps > MAX_STEPS) throw new Error(`the run has not come to rest within ${MAX_STEPS} steps`);
        await this.#scheduler.take();
        for (let turn = 0; turn < this.#scheduler.turnsPerStep; turn++) await setImmediate();
      }
    }
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
