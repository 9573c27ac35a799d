import type { Issuer } from '../../../../packages/assembly-local/issuer/issuer.ts';
import { EmulatorSocket } from '../../../../scripts/verify-stage/emulator/emulator-socket.ts';
import { emulatedHttpUrl, emulatedSocketUrl } from '../../../../scripts/verify-stage/emulator/ministack.ts';
import { backendEntrances } from '../../../../scripts/verify-stage/scenario/backends.ts';
import type { Target } from '../../../../scripts/verify-stage/scenario/target.ts';
import type { AwsAccess } from '../../chaos/aws-access.ts';
import type { Cloud } from '../cloud.ts';
import { type DeployedService, type Deployment, output } from '../deployment.ts';
import type { SideServices } from '../side-services.ts';
import { SseTasks } from '../tasks/sse-tasks.ts';
import type { TaskRunner } from '../tasks/task-runner.ts';

/** A deployment, and the account that it is in. */
export interface Account extends Target {
  readonly aws: AwsAccess;
  readonly deployment: Deployment;
}

/** What the scenario talks to where clients reach the lanes. */
export interface World extends Account {
  readonly stage: string;
  /** The SSE lane, through the emulator's load balancer. */
  readonly http: string;
  /** The WebSocket lane, through the emulator's gateway. */
  readonly websocket: string;
  readonly cloud: Cloud;
  readonly issuer: Issuer;
  readonly service: DeployedService;
  readonly tasks: SseTasks;
}

/** For channels of the scenario, which no stage that is in use has. */
const CHANNEL_PREFIX = 'verify.';

/** A deployment whose lanes no client reaches. Close its backends. */
export function openAccount({ aws }: Cloud, deployment: Deployment, issuer: Issuer): Account {
  const names = { functionName: output(deployment, 'PublishFunctionName'), busName: output(deployment, 'EventBusName') };
  return {
    http: undefined,
    websocket: undefined,
    token: issuer.issueForRun(),
    channelPrefix: CHANNEL_PREFIX,
    backends: backendEntrances(names, aws),
    aws,
    deployment,
  };
}

export interface WorldOptions {
  readonly stage: string;
  readonly cloud: Cloud;
  readonly services: SideServices;
  readonly deployment: Deployment;
  readonly service: DeployedService;
  readonly runner: TaskRunner;
}

/** Where everything is. No task runs yet. Close its backends and its tasks. */
export function openWorld({ stage, cloud, services, deployment, service, runner }: WorldOptions): World {
  const { aws, endpoint, insideUrl = endpoint.url } = cloud;
  const awsEnv = { ...cloud.awsEnv, AWS_ENDPOINT_URL: insideUrl };
  return {
    ...openAccount(cloud, deployment, services.issuer),
    http: emulatedHttpUrl(endpoint.url, service.loadBalancerArn),
    websocket: emulatedSocketUrl(endpoint.url, output(deployment, 'WebSocketUrl')),
    WebSocket: EmulatorSocket,
    stage,
    cloud,
    issuer: services.issuer,
    service,
    tasks: new SseTasks({ service, runner, awsEnv, aws, metadataUri: services.metadataUri }),
  };
}
