import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, cpuSeconds } from './usage.ts';

const INTERVAL_MS = 100;

interface Sample {
  readonly atMs: number;
  readonly seconds: number;
}

/** Follows the CPU time of a process and its children, for the share that each had of a core in a time that is known only afterwards. */
export class CpuWatch {
  readonly #samples = new Map<number, Sample[]>();
  readonly #pid: number;
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;

  constructor(pid: number) {
    this.#pid = pid;
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }

  /** The largest share of one core that a process had between two times of `performance.now()`. */
  busiestShare(fromMs: number, toMs: number): number {
    return Math.max(0, ...[...this.#samples.values()].map((samples) => shareBetween(samples, fromMs, toMs)));
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      for (const pid of [this.#pid, ...(await childrenOf(this.#pid))]) {
        const sample = { atMs: performance.now(), seconds: await cpuSeconds([pid]) };
        const samples = this.#samples.get(pid) ?? [];
        samples.push(sample);
        this.#samples.set(pid, samples);
      }
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Between the samples next to the two times: they lie at most an interval off. */
export function shareBetween(samples: readonly Sample[], fromMs: number, toMs: number): number {
  const first = samples.findLast(({ atMs }) => atMs <= fromMs) ?? samples[0];
  // A process that has ended has used nothing any more.
  const last = samples.findLast(({ atMs, seconds }) => atMs <= toMs && seconds > 0);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return ((last.seconds - first.seconds) * 1_000) / (last.atMs - first.atMs);
}
