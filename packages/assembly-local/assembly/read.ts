import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** A value of a template before its intrinsic functions are evaluated. */
export type TemplateValue = null | boolean | number | string | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

const value: v.GenericSchema<unknown, TemplateValue> = v.custom<TemplateValue>((input) => input !== undefined);

const resource = v.object({
  Type: v.string(),
  Condition: v.optional(v.string()),
  /** `Retain`, `Delete` … */
  DeletionPolicy: v.optional(v.string()),
  Properties: v.optional(v.record(v.string(), value), {}),
  Metadata: v.optional(v.object({ 'aws:cdk:path': v.optional(v.string()) })),
});

const template = v.object({
  Resources: v.optional(v.record(v.string(), resource), {}),
  Outputs: v.optional(
    v.record(v.string(), v.object({ Value: value, Condition: v.optional(v.string()), Export: v.optional(v.object({ Name: value })) })),
    {},
  ),
  Parameters: v.optional(v.record(v.string(), v.object({ Type: v.string(), Default: v.optional(value) })), {}),
  Conditions: v.optional(v.record(v.string(), value), {}),
  Mappings: v.optional(v.record(v.string(), v.record(v.string(), v.record(v.string(), value))), {}),
});

/** A CloudFormation template, as far as a local run reads it. */
export type Template = v.InferOutput<typeof template>;

export interface StackAssembly {
  readonly name: string;
  /** `us-east-1` if the stack does not set one. */
  readonly region: string;
  readonly template: Template;
}

/** The output of `cdk synth`: the stacks, and where their assets are on disk. */
export interface Assembly {
  readonly stacks: readonly StackAssembly[];
  /** Directory of a file asset by its object key. */
  readonly files: ReadonlyMap<string, string>;
  /** Build directory of a container image by its tag. */
  readonly images: ReadonlyMap<string, string>;
}

const manifest = v.object({
  artifacts: v.optional(
    v.record(
      v.string(),
      v.object({
        type: v.string(),
        environment: v.optional(v.string()),
        properties: v.optional(v.record(v.string(), v.unknown()), {}),
      }),
    ),
    {},
  ),
});

const assetManifest = v.object({
  files: v.optional(
    v.record(
      v.string(),
      v.object({
        source: v.object({ path: v.optional(v.string()) }),
        destinations: v.record(v.string(), v.object({ objectKey: v.string() })),
      }),
    ),
    {},
  ),
  dockerImages: v.optional(
    v.record(
      v.string(),
      v.object({
        source: v.object({ directory: v.optional(v.string()) }),
        destinations: v.record(v.string(), v.object({ imageTag: v.string() })),
      }),
    ),
    {},
  ),
});

/** The directory is not a cloud assembly, or one of its files has an unexpected shape. */
export class UnreadableAssemblyError extends Error {
  override readonly name = 'UnreadableAssemblyError';
}

/**
 * Reads a cloud assembly, including those of nested stages.
 * @throws UnreadableAssemblyError naming the file and what is wrong with it
 */
export function readAssembly(directory: string): Assembly {
  const stacks: StackAssembly[] = [];
  const files = new Map<string, string>();
  const images = new Map<string, string>();
  for (const [id, artifact] of Object.entries(readJson(manifest, join(directory, 'manifest.json')).artifacts)) {
    const property = (name: string): string => {
      const text = artifact.properties[name];
      if (typeof text === 'string') return text;
      throw new UnreadableAssemblyError(`artifact ${id} in ${directory} has no property ${name}`);
    };
    if (artifact.type === 'aws:cloudformation:stack') {
      const stackName = artifact.properties['stackName'];
      stacks.push({
        name: typeof stackName === 'string' ? stackName : id,
        region: regionOf(artifact.environment),
        template: readJson(template, join(directory, property('templateFile'))),
      });
    } else if (artifact.type === 'cdk:asset-manifest') {
      const assets = readJson(assetManifest, join(directory, property('file')));
      for (const { source, destinations } of Object.values(assets.files)) {
        for (const { objectKey } of Object.values(destinations)) {
          if (source.path !== undefined) files.set(objectKey, join(directory, source.path));
        }
      }
      for (const { source, destinations } of Object.values(assets.dockerImages)) {
        for (const { imageTag } of Object.values(destinations)) {
          if (source.directory !== undefined) images.set(imageTag, join(directory, source.directory));
        }
      }
    } else if (artifact.type === 'cdk:cloud-assembly') {
      const nested = readAssembly(join(directory, property('directoryName')));
      stacks.push(...nested.stacks);
      for (const [key, path] of nested.files) files.set(key, path);
      for (const [tag, path] of nested.images) images.set(tag, path);
    }
  }
  if (stacks.length === 0) throw new UnreadableAssemblyError(`${directory} contains no stack`);
  return { stacks, files, images };
}

function regionOf(environment: string | undefined): string {
  const region = environment?.split('/').at(-1);
  return region === undefined || region === 'unknown-region' ? 'us-east-1' : region;
}

function readJson<S extends v.GenericSchema>(schema: S, file: string): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UnreadableAssemblyError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  throw new UnreadableAssemblyError(`${file} has an unexpected shape: ${v.getDotPath(result.issues[0]) ?? ''} ${result.issues[0].message}`);
}
