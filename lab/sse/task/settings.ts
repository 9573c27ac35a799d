import * as v from 'valibot';
import { readAssembly } from '../../../packages/assembly-local/assembly/read.ts';

/** What a stage gives a task of the SSE lane. */
export interface TaskSettings {
  /** Size of the task's memory. */
  readonly memoryBytes: number;
  /** What the container's environment says. Names and addresses of other resources are left out. */
  readonly environment: Readonly<Record<string, string>>;
}

const taskDefinition = v.object({
  /** MiB. */
  Memory: v.pipe(v.string(), v.transform(Number), v.number()),
  ContainerDefinitions: v.tuple([v.object({ Environment: v.array(v.object({ Name: v.string(), Value: v.unknown() })) })]),
});

/**
 * Reads the settings of the one task definition of an assembly.
 * @throws Error when the assembly has none, or several
 */
export function readTaskSettings(assemblyDir: string): TaskSettings {
  const found = readAssembly(assemblyDir)
    .stacks.flatMap(({ template }) => Object.values(template.Resources))
    .filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition');
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw new Error(`${assemblyDir} has ${found.length} task definitions, expected one`);
  const { Memory, ContainerDefinitions } = v.parse(taskDefinition, only.Properties);
  const literals = ContainerDefinitions[0].Environment.flatMap(({ Name, Value }) =>
    typeof Value === 'string' ? [[Name, Value] as const] : [],
  );
  return { memoryBytes: Memory * 1024 * 1024, environment: Object.fromEntries(literals) };
}
