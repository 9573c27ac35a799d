import { DescribeTasksCommand, type ECSClient, paginateListTasks } from '@aws-sdk/client-ecs';

export interface RunningTasksOptions {
  readonly ecs: ECSClient;
  readonly clusterArn: string;
}

/** The most tasks that one call of DescribeTasks accepts. */
const TASKS_PER_DESCRIBE = 100;

/**
 * The ids of all tasks that have not stopped: running, starting or stopping. A draining task is listed under
 * the desired status `STOPPED`, together with those that stopped in the last hour, while it still serves its
 * streams.
 */
export async function listRunningTaskIds({ ecs, clusterArn }: RunningTasksOptions): Promise<ReadonlySet<string>> {
  const running = await listTaskArns(ecs, clusterArn, 'RUNNING');
  const stopping = await listTaskArns(ecs, clusterArn, 'STOPPED');
  for (let start = 0; start < stopping.length; start += TASKS_PER_DESCRIBE) {
    const chunk = stopping.slice(start, start + TASKS_PER_DESCRIBE);
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: clusterArn, tasks: chunk }));
    running.push(...tasks.flatMap(({ taskArn, lastStatus }) => (taskArn === undefined || lastStatus === 'STOPPED' ? [] : [taskArn])));
  }
  return new Set(running.map((taskArn) => taskArn.slice(taskArn.lastIndexOf('/') + 1)));
}

async function listTaskArns(ecs: ECSClient, cluster: string, desiredStatus: 'RUNNING' | 'STOPPED'): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListTasks({ client: ecs }, { cluster, desiredStatus })) arns.push(...(page.taskArns ?? []));
  return arns;
}
