import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import type { TaskService } from '../../../../packages/assembly-local/tasks/task-service.ts';

/** The ECS service whose tasks hold the streams. */
export function serviceOf({ services: [service] }: LocalRun): TaskService {
  if (service === undefined) throw new Error('the assembly has no service');
  return service;
}
