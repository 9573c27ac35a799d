import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Log, logOutput } from '../log.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;

/** `DEACTIVATING`: the load balancer takes it out; `STOPPING`: it got SIGTERM. */
export type TaskStatus = 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'STOPPED';

const LEAVING: readonly TaskStatus[] = ['DEACTIVATING', 'STOPPING', 'STOPPED'];

export interface TaskOptions {
  readonly id: string;
  readonly arn: string;
  readonly port: number;
  /** Arguments for Node: the program and its options. */
  readonly nodeArguments: readonly string[];
  /** Working directory. */
  readonly directory: string;
  /** The complete environment: nothing is inherited from the local run. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** One task: a child process that runs what the container would run. */
export class Task {
  readonly id: string;
  readonly arn: string;
  readonly port: number;
  readonly createdAt = new Date();
  /**
   * Resolves with the exit code when the process has ended; after a signal with a code such as 137, as a
   * container reports it.
   */
  readonly exited: Promise<number>;
  status: TaskStatus = 'PENDING';
  stoppedReason = 'Essential container in task exited';
  stoppedAt: Date | undefined;
  readonly #child: ChildProcess;

  constructor({ id, arn, port, nodeArguments, directory, env, log }: TaskOptions) {
    this.id = id;
    this.arn = arn;
    this.port = port;
    this.#child = spawn(process.execPath, ['--import', PRELOAD, ...nodeArguments], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    logOutput(log, `task ${id.slice(0, 8)}`, this.#child);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.exited = promise;
    this.#child.on('error', reject);
    this.#child.on('exit', (code, signal) => {
      this.status = 'STOPPED';
      this.stoppedAt = new Date();
      resolve(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9));
    });
  }

  /** What ECS wants of it. */
  get desiredStatus(): 'RUNNING' | 'STOPPED' {
    return LEAVING.includes(this.status) ? 'STOPPED' : 'RUNNING';
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends SIGTERM, and SIGKILL if the task still runs after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    if (this.status === 'STOPPED') return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
