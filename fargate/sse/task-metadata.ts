import * as v from 'valibot';

const TASK = v.object({
  TaskARN: v.pipe(v.string(), v.regex(/^arn:[^/]+(\/[^/]+)+$/)),
  // All containers of a task on Fargate share one network interface.
  Containers: v.tupleWithRest(
    [
      v.object({
        Networks: v.tupleWithRest([v.object({ IPv4Addresses: v.tupleWithRest([v.pipe(v.string(), v.ipv4())], v.string()) })], v.unknown()),
      }),
    ],
    v.unknown(),
  ),
});

const TIMEOUT_MS = 5_000;

/** Which task this is. */
export interface TaskIdentity {
  /** The last part of the task's ARN. */
  readonly taskId: string;
  /** The private IPv4 address at which the load balancer reaches the task. */
  readonly address: string;
}

/**
 * Asks ECS which task this is.
 * @param metadataUri `ECS_CONTAINER_METADATA_URI_V4`
 */
export async function fetchTaskIdentity(metadataUri: string): Promise<TaskIdentity> {
  const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the task metadata endpoint answered ${response.status}`);
  const { TaskARN: arn, Containers } = v.parse(TASK, await response.json());
  return { taskId: arn.slice(arn.lastIndexOf('/') + 1), address: Containers[0].Networks[0].IPv4Addresses[0] };
}
