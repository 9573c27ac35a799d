import * as v from 'valibot';
import type { AwsCall, CallAws } from './aws.ts';

/** A resource of a deployed stack. */
export interface DeployedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
}

/** `<stack>/<logical id>`: names a resource among those of all stacks. */
export const pathOf = ({ stack, logicalId }: Pick<DeployedResource, 'stack' | 'logicalId'>): string => `${stack}/${logicalId}`;

/** What the task definition says of the container, resolved. */
export interface DeployedContainer {
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined leaves it to the image. */
  readonly user: string | undefined;
  readonly readonlyRootFilesystem: boolean;
}

/** The ECS service, as its own API describes it. */
export interface DeployedService {
  readonly clusterArn: string;
  readonly name: string;
  readonly targetGroupArn: string;
  readonly loadBalancerArn: string;
  /** Tag of the image. */
  readonly imageTag: string;
  readonly container: DeployedContainer;
  /** ARNs of its tasks, which the emulator says it runs. */
  readonly taskArns: readonly string[];
}

/** What was deployed, as CloudFormation knows it. */
export interface Deployment {
  readonly resources: readonly DeployedResource[];
  /** By stack and key. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Something that the scenario needs is not in the deployed stacks. */
export class IncompleteDeploymentError extends Error {
  override readonly name = 'IncompleteDeploymentError';
}

const RESOURCES = v.array(v.tuple([v.string(), v.string(), v.string(), v.string()]));
const OUTPUTS = v.array(v.tuple([v.string(), v.string()]));

export async function readDeployment(callAws: CallAws, stacks: readonly string[]): Promise<Deployment> {
  const answers = await callAws(stacks.flatMap((stack) => [resourcesOf(stack), outputsOf(stack)]));
  const resources = stacks.flatMap((_, at) => v.parse(RESOURCES, answers[2 * at]));
  const outputs = stacks.map((stack, at) => [stack, Object.fromEntries(v.parse(OUTPUTS, answers[2 * at + 1]))] as const);
  return {
    resources: resources.map(([stack, logicalId, type, physicalId]) => ({ stack, logicalId, type, physicalId })),
    outputs: Object.fromEntries(outputs),
  };
}

const resourcesOf = (stack: string): AwsCall => ({
  service: 'cloudformation',
  operation: 'describe_stack_resources',
  parameters: { StackName: stack },
  expression: 'StackResources[].[StackName, LogicalResourceId, ResourceType, PhysicalResourceId]',
});

const outputsOf = (stack: string): AwsCall => ({
  service: 'cloudformation',
  operation: 'describe_stacks',
  parameters: { StackName: stack },
  expression: 'Stacks[].Outputs[].[OutputKey, OutputValue]',
});

/** @throws IncompleteDeploymentError unless there is one of that type whose logical id begins so */
export function physicalId({ resources }: Deployment, type: string, beginning = ''): string {
  const found = resources.filter((resource) => resource.type === type && resource.logicalId.startsWith(beginning));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.physicalId;
  throw new IncompleteDeploymentError(`expected one ${type} called ${beginning}…, found ${found.length}`);
}

/** @throws IncompleteDeploymentError unless a stack has that output */
export function output({ outputs }: Deployment, key: string): string {
  const value = Object.values(outputs).find((ofStack) => key in ofStack)?.[key];
  if (value === undefined) throw new IncompleteDeploymentError(`no stack has the output ${key}`);
  return value;
}

const SERVICE = v.array(v.tuple([v.string(), v.string(), v.string(), v.string(), v.string()]));
const CONTAINER = v.object({
  name: v.string(),
  image: v.string(),
  environment: v.array(v.object({ name: v.string(), value: v.string() })),
  user: v.optional(v.string()),
  readonlyRootFilesystem: v.optional(v.boolean(), false),
});

export async function readService(callAws: CallAws, deployment: Deployment): Promise<DeployedService> {
  const cluster = physicalId(deployment, 'AWS::ECS::Cluster');
  const [services, tasks] = await callAws([
    {
      service: 'ecs',
      operation: 'describe_services',
      parameters: { cluster, services: [physicalId(deployment, 'AWS::ECS::Service')] },
      expression: 'services[].[clusterArn, serviceName, taskDefinition, loadBalancers[0].targetGroupArn, loadBalancers[0].containerName]',
    },
    { service: 'ecs', operation: 'list_tasks', parameters: { cluster }, expression: 'taskArns[]' },
  ]);
  const [service] = v.parse(SERVICE, services);
  if (service === undefined) throw new IncompleteDeploymentError('the ECS service cannot be described');
  const [clusterArn, name, taskDefinition, targetGroupArn, containerName] = service;
  const [containers] = await callAws([
    {
      service: 'ecs',
      operation: 'describe_task_definition',
      parameters: { taskDefinition },
      expression: 'taskDefinition.containerDefinitions[]',
    },
  ]);
  const container = v.parse(v.array(CONTAINER), containers).find((candidate) => candidate.name === containerName);
  if (container === undefined) throw new IncompleteDeploymentError(`${taskDefinition} has no container ${containerName}`);
  const { image, environment, user, readonlyRootFilesystem } = container;
  return {
    clusterArn,
    name,
    targetGroupArn,
    loadBalancerArn: physicalId(deployment, 'AWS::ElasticLoadBalancingV2::LoadBalancer'),
    imageTag: image.slice(image.lastIndexOf(':') + 1),
    container: {
      environment: Object.fromEntries(environment.map((entry) => [entry.name, entry.value])),
      user,
      readonlyRootFilesystem,
    },
    taskArns: v.parse(v.array(v.string()), tasks),
  };
}
