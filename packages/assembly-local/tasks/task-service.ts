import { randomBytes } from 'node:crypto';
import type { Target, TargetGroup } from '../balancer/target-group.ts';
import type { Log } from '../log.ts';
import { freePort } from '../loopback.ts';
import type { Agent } from './agent.ts';
import { Task, type TaskStatus } from './task.ts';

/**
 * A service replaces a lost task at once, but not one that never became ready: the wait doubles up to a
 * minute.
 */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

export interface TaskServiceOptions {
  readonly name: string;
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly containerName: string;
  readonly stopTimeoutMs: number;
  readonly targetGroup: TargetGroup | undefined;
  readonly nodeArguments: readonly string[];
  readonly directory: string;
  readonly agent: Agent;
  /** The environment of a task that listens on `port`. */
  readonly env: (taskId: string, port: number) => Readonly<Record<string, string>>;
  readonly onStateChange: (task: Task, service: TaskService) => void;
  readonly log: Log;
}

/** A task ended before it was ready for requests. */
export class TaskFailedError extends Error {
  override readonly name = 'TaskFailedError';
}

export interface StopOptions {
  /** @default the target group's deregistration delay */
  readonly deregistrationDelayMs?: number;
}

/**
 * An ECS service on this machine: keeps the desired number of tasks running, registers them with the
 * balancer, and stops them as ECS does.
 */
export class TaskService {
  readonly options: TaskServiceOptions;
  readonly #tasks = new Map<string, { readonly task: Task; readonly target: Target | undefined }>();
  readonly #stopped: Task[] = [];
  /** Tasks that are not replaced when they end. */
  readonly #leaving = new Set<string>();
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: TaskServiceOptions) {
    this.options = options;
  }

  /** Tasks that have not stopped. */
  get tasks(): readonly Task[] {
    return [...this.#tasks.values()].map(({ task }) => task);
  }

  get stoppedTasks(): readonly Task[] {
    return this.#stopped;
  }

  /** Includes recently stopped tasks, as ECS does for a while. */
  find(taskId: string): Task | undefined {
    return this.#tasks.get(taskId)?.task ?? this.#stopped.find(({ id }) => id === taskId);
  }

  /**
   * Adds a task and waits until it accepts requests.
   * @throws TaskFailedError if its image may not be pulled, or it exits before that
   */
  async start(): Promise<Task> {
    const port = await freePort();
    if (this.#closing) throw new TaskFailedError(`service ${this.options.name} is ending`);
    const { clusterName, taskDefinitionArn, nodeArguments, directory, agent, env, targetGroup } = this.options;
    const id = randomBytes(16).toString('hex');
    const arn = `${taskDefinitionArn.split(':').slice(0, 5).join(':')}:task/${clusterName}/${id}`;
    this.#pullImage(id);
    const task = new Task({ id, arn, port, nodeArguments, directory, env: env(id, port), log: agent.logOf(id) });
    const target = targetGroup?.register(port);
    this.#tasks.set(id, { task, target });
    this.#enter(task, 'RUNNING');
    let ready = false;
    const exit = task.exited.then((code) => {
      this.#forget(task, ready);
      if (!ready) throw new TaskFailedError(`task ${id} of ${this.options.name} exited with code ${code} before it took requests`);
    });
    exit.catch(() => undefined);
    await Promise.race([exit, target?.healthy]);
    ready = true;
    this.#retryMs = FIRST_RETRY_MS;
    return task;
  }

  /**
   * Removes a task for good, as a deploy or a scale-in does: no new requests, the deregistration delay while
   * requests are open, SIGTERM, and SIGKILL after the container's stop timeout.
   */
  async stop(taskId: string, { deregistrationDelayMs }: StopOptions = {}): Promise<void> {
    const { task, target } = this.#get(taskId);
    this.#leaving.add(taskId);
    task.stoppedReason = 'Scaling activity initiated by deployment';
    this.#enter(task, 'DEACTIVATING');
    if (target !== undefined) await this.options.targetGroup?.deregister(target, deregistrationDelayMs);
    this.#enter(task, 'STOPPING');
    await task.stop(this.options.stopTimeoutMs);
  }

  /** Kills a task as a lost host would. The service starts another instead. */
  async kill(taskId: string): Promise<void> {
    const { task } = this.#get(taskId);
    task.kill();
    await task.exited;
  }

  /** Stops all tasks at once: SIGTERM without the deregistration delay, SIGKILL after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#retryTimer);
    await Promise.all(this.tasks.map((task) => task.stop(graceMs)));
  }

  #pullImage(taskId: string): void {
    try {
      this.options.agent.pullImage(taskId);
    } catch (cause) {
      throw new TaskFailedError(`task ${taskId} of ${this.options.name}: CannotPullContainerError: ${(cause as Error).message}`, { cause });
    }
  }

  #get(taskId: string) {
    const entry = this.#tasks.get(taskId);
    if (entry === undefined) throw new RangeError(`service ${this.options.name} has no running task ${taskId}`);
    return entry;
  }

  /** Unless the task has ended by itself. */
  #enter(task: Task, status: TaskStatus): void {
    if (task.status === 'STOPPED') return;
    task.status = status;
    this.options.onStateChange(task, this);
  }

  #forget(task: Task, wasReady: boolean): void {
    const target = this.#tasks.get(task.id)?.target;
    if (target !== undefined) this.options.targetGroup?.remove(target);
    this.#tasks.delete(task.id);
    this.#stopped.push(task);
    this.options.onStateChange(task, this);
    const replace = !this.#leaving.delete(task.id) && !this.#closing;
    if (replace && wasReady) this.#replace(0);
  }

  #replace(delayMs: number): void {
    this.#retryTimer = setTimeout(() => {
      this.start().catch((error: Error) => {
        if (this.#closing) return;
        this.options.log.notice(this.options.name, `${error.message}; next try in ${this.#retryMs / 1000} s`);
        this.#replace(this.#retryMs);
        this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
      });
    }, delayMs);
  }
}
