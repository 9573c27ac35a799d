import type { IncomingMessage, ServerResponse } from 'node:http';
import { LOOPBACK } from '../loopback.ts';
import type { Task } from './task.ts';
import type { TaskService } from './task-service.ts';

/** The task metadata endpoint, version 4: `…/<task id>` and `…/<task id>/task`. */
export function serveMetadata(request: IncomingMessage, response: ServerResponse, services: readonly TaskService[]): void {
  const [taskId = '', resource = '', ...rest] = (request.url ?? '').split('/').slice(2);
  for (const service of services) {
    const task = service.find(taskId);
    if (task === undefined || rest.length > 0 || !['', 'task'].includes(resource)) continue;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(resource === 'task' ? taskMetadata(service, task) : containerMetadata(service, task)));
    return;
  }
  response.writeHead(404).end();
}

/** The task, as far as programs read it. */
function taskMetadata(service: TaskService, task: Task): object {
  const { clusterArn, family, taskDefinitionArn } = service.options;
  return {
    Cluster: clusterArn,
    TaskARN: task.arn,
    Family: family,
    Revision: taskDefinitionArn.split(':').at(-1),
    ServiceName: service.options.name,
    ...statusInside(task),
    LaunchType: 'FARGATE',
    Containers: [containerMetadata(service, task)],
  };
}

/** The container that asks. */
function containerMetadata(service: TaskService, task: Task): object {
  const { clusterArn, family, taskDefinitionArn, containerName } = service.options;
  return {
    Name: containerName,
    Labels: {
      'com.amazonaws.ecs.cluster': clusterArn,
      'com.amazonaws.ecs.container-name': containerName,
      'com.amazonaws.ecs.task-arn': task.arn,
      'com.amazonaws.ecs.task-definition-family': family,
      'com.amazonaws.ecs.task-definition-version': taskDefinitionArn.split(':').at(-1),
    },
    ...statusInside(task),
    CreatedAt: task.createdAt.toISOString(),
    Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: [LOOPBACK] }],
  };
}

/**
 * The agent hears of a stop only when it has to send SIGTERM: inside the task, a draining one is running
 * (https://github.com/aws/containers-roadmap/issues/2012).
 */
function statusInside({ status }: Task): object {
  if (status === 'DEACTIVATING') return { DesiredStatus: 'RUNNING', KnownStatus: 'RUNNING' };
  if (status === 'STOPPING') return { DesiredStatus: 'STOPPED', KnownStatus: 'RUNNING' };
  return { DesiredStatus: 'RUNNING', KnownStatus: status };
}

/** The detail of an `ECS Task State Change` event. */
export function taskStateChange(service: TaskService, task: Task): object {
  const { clusterArn, taskDefinitionArn, containerName, name } = service.options;
  return {
    clusterArn,
    taskArn: task.arn,
    taskDefinitionArn,
    group: `service:${name}`,
    launchType: 'FARGATE',
    desiredStatus: task.desiredStatus,
    lastStatus: task.status,
    createdAt: task.createdAt.toISOString(),
    containers: [{ name: containerName, lastStatus: task.status, taskArn: task.arn }],
    ...(task.status === 'STOPPED'
      ? { stoppedAt: task.stoppedAt?.toISOString(), stoppedReason: task.stoppedReason, stopCode: 'EssentialContainerExited' }
      : {}),
  };
}
