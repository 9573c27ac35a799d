import * as v from 'valibot';
import { AwsError } from '../endpoint/aws-error.ts';
import { type Operations, operation } from '../endpoint/operation.ts';
import type { Task } from './task.ts';
import type { TaskService } from './task-service.ts';

/** The operations of ECS, JSON protocol. */
export function taskOperations(services: readonly TaskService[]): Operations {
  const inCluster = (cluster: string) => {
    const matching = services.filter(({ options }) => options.clusterArn === cluster || options.clusterName === cluster);
    if (matching.length === 0) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
    return matching;
  };
  return {
    ListTasks: operation(
      v.strictObject({
        cluster: v.optional(v.string(), 'default'),
        serviceName: v.optional(v.string()),
        family: v.optional(v.string()),
        launchType: v.optional(v.string()),
        // A task that is to stop is listed under STOPPED from then on; every other one under RUNNING.
        desiredStatus: v.optional(v.picklist(['RUNNING', 'PENDING', 'STOPPED']), 'RUNNING'),
        maxResults: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100)), 100),
        nextToken: v.optional(v.string(), '0'),
      }),
      ({ cluster, serviceName, family, desiredStatus, maxResults, nextToken }) => {
        const arns = inCluster(cluster)
          .filter(({ options }) => serviceName === undefined || options.name === serviceName.split('/').at(-1))
          .filter(({ options }) => family === undefined || options.family === family)
          .flatMap((service) => [...service.tasks, ...service.stoppedTasks])
          .filter((task) => (task.desiredStatus === 'STOPPED') === (desiredStatus === 'STOPPED'))
          .map(({ arn }) => arn);
        const from = Number(nextToken);
        const end = from + maxResults;
        return { taskArns: arns.slice(from, end), ...(arns.length > end ? { nextToken: String(end) } : {}) };
      },
    ),
    DescribeTasks: operation(
      v.strictObject({ cluster: v.optional(v.string(), 'default'), tasks: v.array(v.string()), include: v.optional(v.array(v.string())) }),
      ({ cluster, tasks }) => {
        const found: object[] = [];
        const failures: object[] = [];
        for (const reference of tasks) {
          const id = reference.split('/').at(-1) ?? '';
          const service = inCluster(cluster).find((candidate) => candidate.find(id) !== undefined);
          const task = service?.find(id);
          if (service === undefined || task === undefined) failures.push({ arn: reference, reason: 'MISSING' });
          else found.push(describe(service, task));
        }
        return { tasks: found, failures };
      },
    ),
  };
}

function describe({ options }: TaskService, task: Task): object {
  return {
    taskArn: task.arn,
    clusterArn: options.clusterArn,
    taskDefinitionArn: options.taskDefinitionArn,
    group: `service:${options.name}`,
    lastStatus: task.status,
    desiredStatus: task.desiredStatus,
    launchType: 'FARGATE',
    createdAt: task.createdAt.getTime() / 1000,
  };
}
