import * as v from 'valibot';

const TASK = v.object({ TaskARN: v.pipe(v.string(), v.regex(/^arn:[^/]+(\/[^/]+)+$/)) });

const TIMEOUT_MS = 5_000;

/**
 * Asks ECS which task this is: the last part of the task's ARN.
 * @param metadataUri `ECS_CONTAINER_METADATA_URI_V4`
 */
export async function fetchTaskId(metadataUri: string): Promise<string> {
  const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the task metadata endpoint answered ${response.status}`);
  const { TaskARN: arn } = v.parse(TASK, await response.json());
  return arn.slice(arn.lastIndexOf('/') + 1);
}
