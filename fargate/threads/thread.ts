import { parentPort, workerData } from 'node:worker_threads';
import type { StreamServer } from '../stream-server.ts';
import { answerCalls } from './calls.ts';

/** What a thread is given when it starts. */
export interface ThreadData {
  /** The port that all threads share; 0 lets the first one take a free port. */
  readonly port: number;
  /** How many threads share what the task may have. */
  readonly threads: number;
}

/** What the service asks of a thread. `offer` is answered when the thread wants more. */
export type ThreadCalls = {
  readonly listen: () => Promise<number>;
  readonly offer: (events: Parameters<StreamServer['offer']>[0]) => Promise<void> | undefined;
  readonly drain: (overMs: number) => Promise<void>;
  readonly report: () => ReturnType<StreamServer['report']>;
  readonly close: () => Promise<void>;
};

/** Serves streams in this thread, which {@link startThreads} has started. */
export function runThread(start: (data: ThreadData) => Promise<StreamServer>): void {
  if (parentPort === null) throw new TypeError('this is no thread');
  const starting = start(workerData as ThreadData);
  // Whoever has started the thread awaits `listen`.
  starting.catch(() => {});
  answerCalls(parentPort, {
    listen: async () => (await starting).port,
    offer: async (events) => (await starting).offer(events),
    drain: async (overMs) => (await starting).drain(overMs),
    report: async () => (await starting).report(),
    close: async () => (await starting).close(),
  } satisfies ThreadCalls);
}
