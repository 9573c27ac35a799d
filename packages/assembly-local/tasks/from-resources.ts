import * as v from 'valibot';
import { SERVER_ENV } from '../../../backbone/contract.ts';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Assembly } from '../assembly/read.ts';
import type { Resource } from '../assembly/resolve.ts';
import { type Addresses, localize } from '../assembly/rewrite.ts';
import type { TargetGroup } from '../balancer/target-group.ts';
import { type Declared, declared, fromDeclared } from '../declared.ts';
import type { Access } from '../iam/access.ts';
import type { Roles } from '../iam/roles.ts';
import { containerCredentials, type Sessions } from '../iam/sessions.ts';
import type { Log } from '../log.ts';
import { LOOPBACK } from '../loopback.ts';
import { withSettings } from '../settings.ts';
import { Agent } from './agent.ts';
import { readDockerfile } from './dockerfile.ts';
import { READ_ONLY_FILE_SYSTEM } from './read-only.ts';
import { TaskService, type TaskServiceOptions } from './task-service.ts';

const serviceProperties = v.object({
  Cluster: v.string(),
  TaskDefinition: v.string(),
  LoadBalancers: v.optional(
    v.pipe(v.array(v.object({ TargetGroupArn: v.string() })), v.maxLength(1, 'a service can have one target group locally')),
    [],
  ),
});

const containerProperties = v.object({
  Name: v.string(),
  Image: v.string(),
  EntryPoint: v.optional(v.array(v.string())),
  Command: v.optional(v.array(v.string())),
  ReadonlyRootFilesystem: v.optional(v.boolean(), false),
  Environment: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
  Secrets: v.optional(v.never('secrets are not supported locally')),
  LogConfiguration: v.optional(
    v.object({ LogDriver: v.literal('awslogs', 'only awslogs is supported locally'), Options: v.record(v.string(), v.string()) }),
  ),
  // ECS waits 30 s by default.
  StopTimeout: v.optional(v.number(), 30),
});

const taskDefinitionProperties = v.object({
  TaskRoleArn: v.optional(v.string()),
  ExecutionRoleArn: v.string(),
  ContainerDefinitions: v.pipe(v.array(containerProperties), v.length(1, 'a task can have one container locally')),
});

export interface TaskServicesFromResources {
  readonly resources: readonly Resource[];
  readonly assembly: Assembly;
  readonly addresses: Addresses;
  readonly roles: Roles;
  readonly sessions: Sessions;
  readonly access: Access;
  readonly endpointUrl: string;
  /** Region and endpoint, the same for everything that runs locally. */
  readonly awsEnv: Readonly<Record<string, string>>;
  /** In the place of those that the template sets. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly targetGroups: ReadonlyMap<string, TargetGroup>;
  /** Where the metadata of a task is served. */
  readonly metadataUrl: (taskId: string) => string;
  readonly onStateChange: TaskServiceOptions['onStateChange'];
  readonly log: Log;
}

/** The services that the templates declare. No task runs yet. */
export function taskServicesFromResources(options: TaskServicesFromResources): readonly TaskService[] {
  const clusters = options.resources.filter(({ type }) => type === 'AWS::ECS::Cluster');
  const definitions = declared(options.resources, 'AWS::ECS::TaskDefinition', taskDefinitionProperties);
  return fromDeclared(options.resources, 'AWS::ECS::Service', serviceProperties, (service) => {
    const { Cluster, TaskDefinition } = service.properties;
    const cluster = clusters.find(({ ref, attributes }) => ref === Cluster || attributes['Arn'] === Cluster);
    const definition = definitions.find(({ resource }) => resource.ref === TaskDefinition);
    if (cluster === undefined || definition === undefined) {
      throw new UnsupportedTemplateError(`service ${service.resource.logicalId}: its cluster or task definition is not in this assembly`);
    }
    return toService(service, cluster, definition, options);
  });
}

function toService(
  { resource, properties }: Declared<v.InferOutput<typeof serviceProperties>>,
  cluster: Resource,
  definition: Declared<v.InferOutput<typeof taskDefinitionProperties>>,
  options: TaskServicesFromResources,
): TaskService {
  const [container] = definition.properties.ContainerDefinitions;
  const directory = options.assembly.images.get(container?.Image.split(':').at(-1) ?? '');
  if (container === undefined || directory === undefined) {
    throw new UnsupportedTemplateError(`task definition ${definition.resource.logicalId}: its image is not an asset of the assembly`);
  }
  const image = readDockerfile(directory);
  const [program, ...nodeArguments] = [...(container.EntryPoint ?? image.entryPoint), ...(container.Command ?? image.command)];
  if (program !== 'node') {
    throw new UnsupportedTemplateError(`task definition ${definition.resource.logicalId}: runs ${program}, only node can run locally`);
  }
  const [loadBalancer] = properties.LoadBalancers;
  const { TaskRoleArn, ExecutionRoleArn } = definition.properties;
  const taskRole = TaskRoleArn === undefined ? undefined : options.roles.take(TaskRoleArn, 'ecs-tasks.amazonaws.com');
  const agent = new Agent({
    role: options.roles.take(ExecutionRoleArn, 'ecs-tasks.amazonaws.com'),
    access: options.access,
    region: resource.region,
    image: container.Image,
    containerName: container.Name,
    awslogs: container.LogConfiguration?.Options,
    log: options.log,
  });
  return new TaskService({
    name: resource.name,
    clusterArn: cluster.attributes['Arn'] ?? cluster.ref,
    clusterName: cluster.name,
    taskDefinitionArn: definition.resource.ref,
    family: definition.resource.name,
    containerName: container.Name,
    stopTimeoutMs: container.StopTimeout * 1000,
    targetGroup: options.targetGroups.get(loadBalancer?.TargetGroupArn ?? ''),
    nodeArguments: [...(container.ReadonlyRootFilesystem ? READ_ONLY_FILE_SYSTEM : []), ...nodeArguments],
    directory,
    agent,
    env: (taskId, port) => ({
      ...options.awsEnv,
      ...(taskRole === undefined ? {} : containerCredentials(options.sessions.open(taskRole, taskId), options.endpointUrl)),
      PATH: '/usr/local/bin:/usr/bin:/bin',
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      ECS_CONTAINER_METADATA_URI_V4: options.metadataUrl(taskId),
      ...image.env,
      ...Object.fromEntries(
        container.Environment.map(({ Name, Value }) => [Name, withSettings(Name, localize(Value, options.addresses), options.settings)]),
      ),
      // Tasks share this machine's loopback interface, where on Fargate each has one of its own.
      [SERVER_ENV.host]: LOOPBACK,
      [SERVER_ENV.port]: String(port),
    }),
    onStateChange: options.onStateChange,
    log: options.log,
  });
}
