import deployed from './data/deployed.json' with { type: 'json' };

/** Fargate tasks, and what they were told. */
export interface DeployedService {
  readonly vcpus: number;
  readonly memoryGb: number;
  /** Whether each task has a public address of its own. */
  readonly publicAddress: boolean;
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Streams that a task takes at most, and those at which tasks are added. */
  readonly maxStreams: number;
  readonly targetStreams: number;
  readonly heartbeatSeconds: number;
  readonly headCheckSeconds: number;
  readonly targetHealthSeconds: number;
}

/** Everything of a stack that costs something for being there, or decides what traffic costs. */
export interface DeployedStack {
  readonly natGateways: number;
  readonly zones: number;
  readonly publicAddresses: number;
  readonly interfaceEndpoints: number;
  readonly loadBalancers: number;
  readonly webAcls: number;
  readonly webAclRules: number;
  readonly distributions: number;
  readonly containerInsights: boolean;
  readonly alarmMetrics: number;
  readonly scalingAlarms: number;
  readonly keys: number;
  readonly queuesPolledByLambda: number;
  readonly scheduledRunsPerHour: number;
  readonly recoverableTables: number;
  readonly fanOut?: { readonly memoryMb: number; readonly postConcurrency: number; readonly maxConcurrency: number };
  readonly requestsPerSecond?: number;
  /** Whether API Gateway writes metrics of each route. */
  readonly detailedMetrics?: boolean;
  readonly service?: DeployedService;
}

/** Stacks by the last part of their names. A project without a lane has no stack of it, and only CloudFront has an edge of its own. */
export type DeployedStage = Readonly<Record<string, DeployedStack>>;

/** By stage: written from the synthesized templates by `npm run findings`. */
export const DEPLOYED: Readonly<Record<string, DeployedStage>> = deployed;

/** Stages whose resources are known. */
export const DEPLOYED_STAGES = Object.keys(deployed);
