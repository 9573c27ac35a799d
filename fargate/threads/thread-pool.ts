import { Worker } from 'node:worker_threads';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import type { StreamReport, StreamServer } from '../stream-server.ts';
import { Caller } from './calls.ts';
import type { ThreadCalls, ThreadData } from './thread.ts';

export interface ThreadsOptions {
  readonly count: number;
  /** 0 takes a free one. */
  readonly port: number;
  /** The program of a thread: it calls `runThread`. */
  readonly program: URL;
  /** A thread has ended that should not have. The others go on, without its streams. */
  readonly onLost: (error: Error) => void;
}

/** Batches that a thread has not taken yet. Beyond them the queue waits: it keeps messages for days, memory does not. */
const MAX_AHEAD = 8;

/**
 * Starts threads that listen on one port. The kernel deals connections out among them, and each has its own part of the
 * streams; what comes from the task's queue goes to all of them. See docs/decisions/0012-a-thread-per-core.md.
 */
export async function startThreads({ count, port, program, onLost }: ThreadsOptions): Promise<StreamServer> {
  const threads: Thread[] = [];
  const startThread = (listenOn: number) => {
    const thread = new Thread(program, { port: listenOn, threads: count }, onLost);
    threads.push(thread);
    return thread.caller.call('listen', undefined);
  };
  try {
    const taken = await startThread(port);
    await Promise.all(Array.from({ length: count - 1 }, () => startThread(taken)));
    return new ThreadPool(taken, threads);
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.end()));
    throw error;
  }
}

class ThreadPool implements StreamServer {
  readonly port: number;
  readonly #threads: readonly Thread[];

  constructor(port: number, threads: readonly Thread[]) {
    this.port = port;
    this.#threads = threads;
  }

  offer(events: readonly LaneEvent[]): Promise<void> | undefined {
    const behind = this.#threads.map((thread) => thread.offer(events)).filter((promise) => promise !== undefined);
    return behind.length === 0 ? undefined : Promise.all(behind).then(() => {});
  }

  async drain(overMs: number): Promise<void> {
    await Promise.all(this.#threads.map(({ caller }) => caller.call('drain', overMs)));
  }

  async report(): Promise<StreamReport> {
    const reports = await Promise.all(this.#threads.map(({ caller }) => caller.call('report', undefined)));
    return reports.reduce(add);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread) => {
        await thread.caller.call('close', undefined);
        await thread.end();
      }),
    );
  }
}

class Thread {
  readonly caller: Caller<ThreadCalls>;
  readonly #worker: Worker;
  readonly #ahead: Promise<void>[] = [];
  #ending = false;

  constructor(program: URL, data: ThreadData, onLost: (error: Error) => void) {
    this.#worker = new Worker(program, { workerData: data });
    this.caller = new Caller<ThreadCalls>(this.#worker);
    this.#worker.on('error', onLost);
    this.#worker.on('exit', (code) => {
      if (!this.#ending) onLost(new Error(`a thread has ended with code ${code}`));
    });
  }

  /** @returns wait for it before offering more */
  offer(events: readonly LaneEvent[]): Promise<void> | undefined {
    const taken = this.caller.call('offer', events).finally(() => this.#ahead.splice(this.#ahead.indexOf(taken), 1));
    this.#ahead.push(taken);
    return this.#ahead.length > MAX_AHEAD ? this.#ahead[0] : undefined;
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }
}

function add(left: StreamReport, right: StreamReport): StreamReport {
  return {
    openStreams: left.openStreams + right.openStreams,
    failures: left.failures + right.failures,
    overShare: left.overShare + right.overShare,
    refusedPublications: left.refusedPublications + right.refusedPublications,
    connects: left.connects + right.connects,
    deliveries: left.deliveries + right.deliveries,
    latenciesMs: [...left.latenciesMs, ...right.latenciesMs],
    replays: left.replays + right.replays,
    resets: left.resets + right.resets,
    // Every thread is offered every notification, and its readers are its own: a repeat counts once for each.
    repeatsDropped: left.repeatsDropped + right.repeatsDropped,
    slowStreamsClosed: left.slowStreamsClosed + right.slowStreamsClosed,
    holesBuried: left.holesBuried + right.holesBuried,
    refusedFull: left.refusedFull + right.refusedFull,
    refusedOverLimit: left.refusedOverLimit + right.refusedOverLimit,
  };
}
