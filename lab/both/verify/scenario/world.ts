import type { Issuer } from '../../../../packages/assembly-local/issuer/issuer.ts';
import type { AwsAccess } from '../../chaos/aws-access.ts';
import { eventually } from '../../chaos/pause.ts';
import { type DeployedService, type Deployment, output } from '../deployment.ts';
import type { MiniStack } from '../ministack.ts';
import type { SideServices } from '../side-services.ts';
import { SseTasks } from '../tasks/sse-tasks.ts';
import type { TaskRunner } from '../tasks/task-runner.ts';

/** What the scenario talks to. */
export interface World {
  /** The SSE lane, through the emulator's load balancer. */
  readonly http: string;
  /** The WebSocket lane, through the emulator's gateway. */
  readonly websocket: string;
  readonly issuer: Issuer;
  readonly aws: AwsAccess;
  readonly deployment: Deployment;
  readonly service: DeployedService;
  readonly tasks: SseTasks;
}

export interface WorldOptions {
  readonly ministack: MiniStack;
  readonly services: SideServices;
  readonly deployment: Deployment;
  readonly service: DeployedService;
  readonly runner: TaskRunner;
}

/** Where everything is. No task runs yet. */
export function openWorld({ ministack, services, deployment, service, runner }: WorldOptions): World {
  const { endpoint, region, awsEnv } = ministack;
  const aws = { endpoint, region };
  return {
    http: `${endpoint}/_alb/${service.loadBalancerName}`,
    websocket: emulatedSocketUrl(output(deployment, 'WebSocketUrl'), endpoint),
    issuer: services.issuer,
    aws,
    deployment,
    service,
    tasks: new SseTasks({ service, runner, awsEnv, aws, metadataUri: services.metadataUri }),
  };
}

/** `wss://<API>.execute-api.<region>.<suffix>/<stage>`, where the emulator serves it: its host name need not resolve here. */
function emulatedSocketUrl(url: string, endpoint: string): string {
  const { hostname, pathname } = new URL(url);
  return `${endpoint.replace(/^http/, 'ws')}/_aws/execute-api/${hostname.split('.')[0]}${pathname}`;
}

/** One part of the scenario. */
export interface Step {
  readonly name: string;
  /** @returns what was seen, in numbers; rejects when it is not what was promised */
  run(world: World): Promise<string>;
}

/** What was deployed does not do what it promises. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** @throws ScenarioError */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ScenarioError(otherwise);
}

/** Functions start cold, and the emulator's queues and rules are polled: seconds for what takes milliseconds at AWS. */
const PATIENCE_MS = 30_000;

/** Polls until it holds. @throws ScenarioError when it does not in time */
export async function waitFor(holds: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  check(await eventually(holds, PATIENCE_MS, 50), `${otherwise()}, after ${PATIENCE_MS / 1_000} s`);
}
