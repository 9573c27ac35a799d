import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import type { TaskService } from '../../../../packages/assembly-local/tasks/task-service.ts';

/** The ECS service whose tasks hold the streams. */
export function serviceOf({ services: [service] }: LocalRun): TaskService {
  if (service === undefined) throw new Error('the assembly has no service');
  return service;
}

/** Why tasks have drained so far, and whether ECS had announced it to them, as they say in their log. */
export function drainsIn(lines: readonly string[]) {
  return lines
    .filter((line) => line.includes('"message":"draining"'))
    .map((line) => ({ reason: /"reason":"(\w+)"/.exec(line)?.[1], announced: /"announced":(\w+)/.exec(line)?.[1] }));
}
