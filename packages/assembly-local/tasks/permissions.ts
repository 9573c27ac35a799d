import { type Permissions, text } from '../iam/permission.ts';
import type { TaskService } from './task-service.ts';

/** What the operations of ECS need. */
export function taskPermissions(services: readonly TaskService[]): Permissions {
  const clusterOf = (reference: string) =>
    services.find(({ options }) => options.clusterArn === reference || options.clusterName === reference)?.options;
  return {
    // Its resource is a container instance, which Fargate does not have; the condition is on the cluster.
    ListTasks: (input) => [
      { action: 'ecs:ListTasks', resource: '*', context: { 'ecs:cluster': [clusterOf(text(input, 'cluster'))?.clusterArn ?? ''] } },
    ],
    DescribeTasks: (input) => {
      const cluster = clusterOf(text(input, 'cluster'));
      const tasks = Array.isArray(input['tasks']) ? input['tasks'].map(String) : [];
      return tasks.map((task) => ({
        action: 'ecs:DescribeTasks',
        resource: task.startsWith('arn:') ? task : `${cluster?.clusterArn.replace(':cluster/', ':task/')}/${task}`,
        context: { 'ecs:cluster': [cluster?.clusterArn ?? ''] },
      }));
    },
  };
}
