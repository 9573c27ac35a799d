import { join } from 'node:path';
import { readDockerfile } from '../../../packages/assembly-local/tasks/dockerfile.ts';

/** What Node is started with in the service's image, before the program. */
export function imageFlags(): readonly string[] {
  return readDockerfile(join(import.meta.dirname, '../../../fargate/sse')).command.slice(1, -1);
}
