import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type Log, logOutput } from '../log.ts';
import type { FunctionError, InstanceMessage, InvokeMessage } from './protocol.ts';

/** Lambda's limit for loading a function's code. */
const INIT_TIMEOUT_MS = 10_000;

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.ts');

export type InvokeOutcome =
  | { readonly kind: 'result'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: FunctionError };

export interface InstanceOptions {
  /** For the log. */
  readonly functionName: string;
  /** Directory of the bundle. */
  readonly directory: string;
  /** The complete environment: nothing is inherited from the local run. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** An execution environment of a function: one child process, one invocation at a time. */
export class Instance {
  readonly #child: ChildProcess;
  readonly #ready: Promise<FunctionError | undefined>;
  readonly #closed: Promise<unknown>;
  #settle: ((outcome: InvokeOutcome) => void) | undefined;
  #exit: InvokeOutcome | undefined;

  constructor({ functionName, directory, env, log }: InstanceOptions) {
    this.#child = fork(BOOTSTRAP, [], { cwd: directory, env: { ...env }, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    logOutput(log, functionName, this.#child);
    const { promise, resolve } = Promise.withResolvers<FunctionError | undefined>();
    this.#ready = promise;
    const timer = setTimeout(() => {
      resolve({ errorType: 'Sandbox.Timedout', errorMessage: `Init phase timed out after ${INIT_TIMEOUT_MS / 1000} seconds` });
      this.kill();
    }, INIT_TIMEOUT_MS);
    this.#child.on('message', (message: InstanceMessage) => {
      clearTimeout(timer);
      if (message.kind === 'ready') resolve(undefined);
      else if (message.kind === 'initError') {
        resolve(message.error);
        this.kill();
      } else if (message.kind === 'result') this.#settle?.({ kind: 'result', payload: message.payload });
      else this.#settle?.({ kind: 'error', error: message.error });
    });
    this.#child.on('exit', (code, signal) => {
      clearTimeout(timer);
      const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
      const error = { errorType: 'Runtime.ExitError', errorMessage: `Error: Runtime exited with error: ${how}` };
      this.#exit = { kind: 'error', error };
      resolve(error);
      this.#settle?.(this.#exit);
    });
    // A message to a child that has just died fails; its exit has been or will be reported.
    this.#child.on('error', (error) => log.detail(functionName, error.message));
  }

  /** False once the process has ended: the instance cannot be used again. */
  get alive(): boolean {
    return this.#exit === undefined && !this.#child.killed;
  }

  async invoke(message: Omit<InvokeMessage, 'deadlineMs'>, timeoutMs: number): Promise<InvokeOutcome> {
    const initError = await this.#ready;
    if (initError !== undefined) return { kind: 'error', error: initError };
    const { promise, resolve } = Promise.withResolvers<InvokeOutcome>();
    this.#settle = resolve;
    const timer = setTimeout(() => {
      const seconds = (timeoutMs / 1000).toFixed(2);
      const errorMessage = `RequestId: ${message.requestId} Error: Task timed out after ${seconds} seconds`;
      resolve({ kind: 'error', error: { errorType: 'Sandbox.Timedout', errorMessage } });
      this.kill();
    }, timeoutMs);
    if (this.#exit === undefined) this.#child.send({ ...message, deadlineMs: Date.now() + timeoutMs } satisfies InvokeMessage);
    else resolve(this.#exit);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#settle = undefined;
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Kills the process, and resolves when both the process and its output have ended. */
  async close(): Promise<void> {
    this.kill();
    await this.#closed;
  }
}
