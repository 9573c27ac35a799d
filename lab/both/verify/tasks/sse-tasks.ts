import { randomUUID } from 'node:crypto';
import { DeregisterTargetsCommand, ElasticLoadBalancingV2Client, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SSE_ENV, SSE_PATHS } from '../../../../fargate/sse/contract.ts';
import { freePort } from '../../../../packages/assembly-local/loopback.ts';
import { type AwsAccess, clientSettings } from '../../chaos/aws-access.ts';
import { eventually } from '../../chaos/pause.ts';
import type { DeployedService } from '../deployment.ts';
import type { RunningTask, TaskRunner } from './task-runner.ts';

/** A task of the SSE service did not take requests. */
export class TaskNotReadyError extends Error {
  override readonly name = 'TaskNotReadyError';
}

export interface SseTasksOptions {
  readonly service: DeployedService;
  readonly runner: TaskRunner;
  readonly awsEnv: Readonly<Record<string, string>>;
  readonly aws: AwsAccess;
  readonly metadataUri: (taskArn: string, address: string) => string;
}

/** Longer than a task waits for its queue and its first connection to each service. */
const READY_TIMEOUT_MS = 20_000;

/**
 * The tasks of the SSE service. The emulator says that it runs them and runs nothing, so they run here: each takes
 * the ARN of one that the emulator lists, and is registered with the emulator's load balancer.
 */
export class SseTasks {
  readonly #options: SseTasksOptions;
  readonly #client: ElasticLoadBalancingV2Client;
  readonly #tasks = new Map<string, RunningTask>();
  readonly #addresses = new Map<string, string>();

  constructor(options: SseTasksOptions) {
    this.#options = options;
    this.#client = new ElasticLoadBalancingV2Client(clientSettings(options.aws));
  }

  /** Those that run. */
  get running(): readonly RunningTask[] {
    return [...this.#tasks.values()];
  }

  /** Starts one for each task that the emulator lists. @throws TaskNotReadyError */
  async start(): Promise<void> {
    await Promise.all(this.#options.service.taskArns.map((arn, at) => this.#startOne(arn, addressOf(at))));
  }

  /** Starts one more, as ECS does for one that was lost. @throws TaskNotReadyError */
  async startAnother(): Promise<void> {
    const [listed = ''] = this.#options.service.taskArns;
    const id = randomUUID().replaceAll('-', '');
    await this.#startOne(`${listed.slice(0, listed.lastIndexOf('/'))}/${id}`, addressOf(this.#addresses.size));
  }

  async #startOne(arn: string, address: string): Promise<void> {
    const { service, runner, awsEnv, metadataUri } = this.#options;
    const port = await freePort();
    const task = await runner.start({
      id: arn.slice(arn.lastIndexOf('/') + 1),
      arn,
      port,
      env: {
        ...awsEnv,
        ECS_CONTAINER_METADATA_URI_V4: metadataUri(arn, address),
        ...service.container.environment,
        // On Fargate it listens on all addresses of a network interface of its own.
        [SSE_ENV.host]: address,
        [SSE_ENV.port]: String(port),
      },
    });
    this.#tasks.set(arn, task);
    this.#addresses.set(arn, address);
    void task.exited.then(() => this.#tasks.delete(arn));
    const isReady = async () => task.hasExited() || (await answers(`http://${address}:${port}${SSE_PATHS.ready}`));
    if (!(await eventually(isReady, READY_TIMEOUT_MS)) || task.hasExited()) {
      throw new TaskNotReadyError(`task ${task.id} did not answer ${SSE_PATHS.ready} within ${READY_TIMEOUT_MS / 1_000} s`);
    }
    await this.#client.send(new RegisterTargetsCommand(this.#target(task)));
  }

  /** Ends a task without a word, as a lost host does. The load balancer is told, as ECS would. */
  async kill(task: RunningTask): Promise<void> {
    await task.kill();
    await task.exited;
    await this.deregister(task);
  }

  /** Begins to take a task out as a deploy does: no new streams. */
  async deregister(task: RunningTask): Promise<void> {
    await this.#client.send(new DeregisterTargetsCommand(this.#target(task)));
  }

  /** Whether a task says that it takes new streams. */
  isReady({ arn, port }: RunningTask): Promise<boolean> {
    return answers(`http://${this.#addresses.get(arn)}:${port}${SSE_PATHS.ready}`);
  }

  /** Ends a deregistered task with SIGTERM. @returns its exit code */
  async stop(task: RunningTask, timeoutMs: number): Promise<number> {
    await task.stop(timeoutMs);
    return task.exited;
  }

  /** @param graceTimeMs given, tasks that still run are stopped, so that they remove their queues; otherwise they are killed */
  async close(graceTimeMs?: number): Promise<void> {
    await Promise.all(
      this.running.map(async (task) => {
        await (graceTimeMs === undefined ? task.kill() : task.stop(graceTimeMs));
        await task.exited;
      }),
    );
    await this.#options.runner.close();
    this.#client.destroy();
  }

  #target({ arn, port }: RunningTask) {
    return { TargetGroupArn: this.#options.service.targetGroupArn, Targets: [{ Id: this.#addresses.get(arn), Port: port }] };
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/**
 * A loopback address for each task, since MiniStack tells the targets of a group apart by their addresses. Linux has all of
 * 127.0.0.0/8; on macOS, all but the first have to be added: `sudo ifconfig lo0 alias 127.0.0.2`.
 */
const addressOf = (at: number): string => `127.0.0.${at + 1}`;
