import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';

/** A template has the shapes that CloudFormation documents, and the readers name its keys. */
type Resource = ReturnType<Template['findResources']>[string];
export type Properties = Resource['Properties'];

/** A stack that is to be deployed. */
export interface PlannedStack {
  readonly name: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The bootstrap that its deploy needs. */
  readonly bootstrap: { readonly version: number; readonly parameter: string };
  /** By logical id. */
  readonly resources: Readonly<Record<string, Resource>>;
}

interface Artifact {
  readonly type: string;
  readonly environment: string;
  readonly properties: {
    readonly templateFile: string;
    readonly stackName?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly requiresBootstrapStackVersion: number;
    readonly bootstrapStackVersionSsmParameter: string;
  };
}

/** The stacks of a directory that `cdk synth` has written. */
export function readStacks(assemblyDir: string): readonly PlannedStack[] {
  const { artifacts } = readJson(join(assemblyDir, 'manifest.json')) as { readonly artifacts: Readonly<Record<string, Artifact>> };
  return Object.entries(artifacts)
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, { environment, properties }]) => ({
      name: properties.stackName ?? id,
      // aws://<account>/<region>
      region: environment.split('/').at(-1) ?? '',
      tags: properties.tags ?? {},
      bootstrap: { version: properties.requiresBootstrapStackVersion, parameter: properties.bootstrapStackVersionSsmParameter },
      resources: (readJson(join(assemblyDir, properties.templateFile)) as { readonly Resources: PlannedStack['resources'] }).Resources,
    }));
}

/** Of all resources of a type in these stacks. */
export const propertiesOf = (stacks: readonly PlannedStack[], type: string): readonly Properties[] =>
  stacks
    .flatMap(({ resources }) => Object.values(resources))
    .filter(({ Type }) => Type === type)
    .map(({ Properties = {} }) => Properties);

export const hasType = (stacks: readonly PlannedStack[], type: string): boolean => propertiesOf(stacks, type).length > 0;

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
