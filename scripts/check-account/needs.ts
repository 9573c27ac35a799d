/** What stacks need of an account, counted in their templates. */
import { type PlannedStack, type Properties, propertiesOf } from './assembly.ts';

type Need = (stacks: readonly PlannedStack[]) => number;

/** A vCPU in a task definition. */
const CPU_UNITS = 1_024;

export const resourcesOf =
  (type: string): Need =>
  (stacks) =>
    propertiesOf(stacks, type).length;

export const loadBalancers: Need = (stacks) =>
  propertiesOf(stacks, 'AWS::ElasticLoadBalancingV2::LoadBalancer').filter(({ Type = 'application' }) => Type === 'application').length;

/** vCPUs of the smallest number of tasks, the old and the new ones. */
export const duringDeploy: Need = (stacks) =>
  sum(services(stacks).map(({ minTasks, vcpus, maximumPercent }) => (minTasks * vcpus * maximumPercent) / 100));

/** vCPUs of all tasks that autoscaling may start. */
export const atFullScale: Need = (stacks) => sum(services(stacks).map(({ maxTasks, vcpus }) => maxTasks * vcpus));

/** As many as queues may start, and one of each other function. */
export const functionsAtOnce: Need = (stacks) => {
  const sources = propertiesOf(stacks, 'AWS::Lambda::EventSourceMapping');
  const polling = new Set(sources.map(({ FunctionName }) => JSON.stringify(FunctionName)));
  const polled = sum(sources.map(({ ScalingConfig }) => ScalingConfig?.MaximumConcurrency ?? 1));
  return polled + Math.max(0, propertiesOf(stacks, 'AWS::Lambda::Function').length - polling.size);
};

/** Each request that an API lets in may be answered by another. */
export const requestsPerSecond: Need = (stacks) =>
  sum(
    propertiesOf(stacks, 'AWS::ApiGatewayV2::Stage').map(
      ({ DefaultRouteSettings }) => 2 * (DefaultRouteSettings?.ThrottlingRateLimit ?? 0),
    ),
  );

interface Service {
  readonly vcpus: number;
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Of the tasks that it wants, while it replaces them. */
  readonly maximumPercent: number;
}

function services(stacks: readonly PlannedStack[]): readonly Service[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.resources)
      .filter(([, { Type }]) => Type === 'AWS::ECS::Service')
      .map(([id, { Properties: service }]) => {
        const target = propertiesOf([stack], 'AWS::ApplicationAutoScaling::ScalableTarget').find(refersTo(id));
        const tasks = service.DesiredCount ?? 1;
        return {
          vcpus: Number(stack.resources[service.TaskDefinition.Ref]?.['Properties'].Cpu) / CPU_UNITS,
          minTasks: target?.MinCapacity ?? tasks,
          maxTasks: target?.MaxCapacity ?? tasks,
          maximumPercent: service.DeploymentConfiguration?.MaximumPercent ?? 200,
        };
      }),
  );
}

const refersTo =
  (id: string) =>
  ({ ResourceId }: Properties): boolean =>
    JSON.stringify(ResourceId).includes(`"${id}"`);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
