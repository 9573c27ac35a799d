import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { FleetCounts, FleetResult } from './fleet.ts';
import type { FromWorker, ToWorker, WorkerTask } from './worker-protocol.ts';

interface Worker {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  latest: WorkerProgress | undefined;
  /** What it had said last when the measurement began. */
  atStart: WorkerProgress | undefined;
}

type WorkerProgress = Extract<FromWorker, { kind: 'progress' }>;

const RESULT_TIMEOUT_MS = 30_000;

/** The processes that hold the streams. */
export class Workers {
  readonly #workers: readonly Worker[];

  constructor(processes: number) {
    this.#workers = Array.from({ length: processes }, () => {
      const child = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
      const worker: Worker = { child, exited: once(child, 'exit'), latest: undefined, atStart: undefined };
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'progress') worker.latest = message;
      });
      return worker;
    });
  }

  /** Of all processes, up to a quarter of a second old. */
  get counts(): FleetCounts {
    const sum = (name: keyof FleetCounts) => this.#workers.reduce((total, { latest }) => total + (latest?.counts[name] ?? 0), 0);
    return {
      open: sum('open'),
      failed: sum('failed'),
      ended: sum('ended'),
      received: sum('received'),
      late: sum('late'),
      repeated: sum('repeated'),
      arrivedLate: sum('arrivedLate'),
      arrivedRepeated: sum('arrivedRepeated'),
      resets: sum('resets'),
    };
  }

  /** Of the process that sees the longest. */
  get latencyMs(): { readonly p50Ms: number; readonly p99Ms: number } {
    const highest = (name: 'p50Ms' | 'p99Ms') => Math.max(0, ...this.#workers.map(({ latest }) => latest?.[name] ?? 0));
    return { p50Ms: highest('p50Ms'), p99Ms: highest('p99Ms') };
  }

  /** Spreads the streams over the processes. */
  open(task: WorkerTask): void {
    const count = this.#workers.length;
    for (const [index, worker] of this.#workers.entries()) {
      const streams = Math.floor(task.streams / count) + (index < task.streams % count ? 1 : 0);
      send(worker, { kind: 'open', task: { ...task, streams, connectsPerSecond: task.connectsPerSecond / count } });
    }
  }

  /** From now on CPU time counts. */
  beginMeasuring(): void {
    for (const worker of this.#workers) worker.atStart = worker.latest;
  }

  /** The largest share of one core that a process has used since the measurement began. */
  busiestShare(): number {
    return Math.max(
      0,
      ...this.#workers.map(({ latest, atStart }) => {
        if (latest === undefined || atStart === undefined || latest.atUs === atStart.atUs) return 0;
        return (latest.cpuUs - atStart.cpuUs) / (latest.atUs - atStart.atUs);
      }),
    );
  }

  /** @throws Error when a process does not answer */
  finish(acknowledged: readonly ChannelPosition[]): Promise<readonly FleetResult[]> {
    return Promise.all(
      this.#workers.map(async (worker) => {
        const answer = result(worker);
        send(worker, { kind: 'finish', acknowledged });
        return answer;
      }),
    );
  }

  async stop(): Promise<void> {
    for (const { child } of this.#workers) child.kill('SIGTERM');
    await Promise.all(this.#workers.map(({ exited }) => exited));
  }
}

function result({ child, exited }: Worker): Promise<FleetResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`a process with streams does not answer`)), RESULT_TIMEOUT_MS);
    child.on('message', (message: FromWorker) => {
      if (message.kind !== 'result') return;
      clearTimeout(timer);
      resolve(message.result);
    });
    void exited.then(() => {
      clearTimeout(timer);
      reject(new Error('a process with streams has ended'));
    });
  });
}

function send({ child }: Worker, message: ToWorker): void {
  // A process that has ended is noticed when its result is asked for.
  child.send(message, () => undefined);
}
