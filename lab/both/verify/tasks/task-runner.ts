/** What a task is started with. */
export interface TaskStart {
  readonly id: string;
  readonly arn: string;
  readonly port: number;
  /** Besides what the image sets. */
  readonly env: Readonly<Record<string, string>>;
}

/** A task that was started. */
export interface RunningTask {
  readonly id: string;
  readonly arn: string;
  readonly port: number;
  readonly hasExited: () => boolean;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  /** SIGTERM, and SIGKILL when it is still there after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** How tasks run on this machine. */
export interface TaskRunner {
  /** For the report. */
  readonly description: string;
  start(task: TaskStart): Promise<RunningTask>;
  /** Removes what it has made. All tasks have exited. */
  close(): Promise<void>;
}
