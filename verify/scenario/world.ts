import type { AwsAccess } from '../../bench/chaos/aws-access.ts';
import { eventually } from '../../bench/chaos/pause.ts';
import type { Assembly } from '../../local/assembly/read.ts';
import type { Issuer } from '../../local/issuer/issuer.ts';
import type { Log } from '../../local/log.ts';
import type { CallAws } from '../aws.ts';
import { type DeployedService, type Deployment, IncompleteDeploymentError, output, readService } from '../deployment.ts';
import type { MiniStack } from '../ministack.ts';
import type { SideServices } from '../side-services.ts';
import { SseTasks } from '../sse-tasks.ts';

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
  readonly assembly: Assembly;
  readonly ministack: MiniStack;
  readonly services: SideServices;
  readonly callAws: CallAws;
  readonly deployment: Deployment;
  readonly log: Log;
}

/** Finds everything in the deployed stacks. No task runs yet. @throws IncompleteDeploymentError */
export async function openWorld({ assembly, ministack, services, callAws, deployment, log }: WorldOptions): Promise<World> {
  const { endpoint, region, awsEnv } = ministack;
  const aws = { endpoint, region };
  const service = await readService(callAws, deployment);
  const imageDirectory = assembly.images.get(service.imageTag);
  if (imageDirectory === undefined) throw new IncompleteDeploymentError(`the image ${service.imageTag} is not in the assembly`);
  return {
    http: `${endpoint}/_alb/${service.loadBalancerName}`,
    websocket: emulatedSocketUrl(output(deployment, 'WebSocketUrl'), endpoint),
    issuer: services.issuer,
    aws,
    deployment,
    service,
    tasks: new SseTasks({ service, imageDirectory, awsEnv, aws, metadataUri: services.metadataUri, log }),
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
