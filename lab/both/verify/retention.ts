import type { StackAssembly } from '../../../packages/assembly-local/assembly/read.ts';
import { type Deployment, pathOf } from './deployment.ts';

/** `RetainExceptOnCreate` goes only where its creation is rolled back. */
const RETAINING = ['Retain', 'RetainExceptOnCreate'];

/** Physical ids of what is to stay when its stack is deleted, because a template says so. */
export function retainedIds(stacks: readonly StackAssembly[], { resources }: Deployment): ReadonlySet<string> {
  const retained = new Set(
    stacks.flatMap(({ name, template }) =>
      Object.entries(template.Resources).flatMap(([logicalId, { DeletionPolicy = '' }]) =>
        RETAINING.includes(DeletionPolicy) ? [pathOf({ stack: name, logicalId })] : [],
      ),
    ),
  );
  return new Set(resources.flatMap((resource) => (retained.has(pathOf(resource)) ? [resource.physicalId] : [])));
}
