import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultStackSynthesizer, type FileAssetSource, type ISynthesisSession } from 'aws-cdk-lib';

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: unknown; Metadata?: Record<string, unknown> }>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Metadata of a resource that refers to another stack. */
const MARK = 'lanes:producers';

/**
 * For a stack whose references to other stacks are weak. CloudFormation resolves `Fn::GetStackOutput` when it updates the stack, and
 * `cdk deploy` skips a stack whose template is the same: without more, it would keep the values of what has been replaced.
 *
 * Each resource with such a reference therefore has a digest of the definition of what it refers to. Where that changes, so
 * does the template. A change that replaces nothing costs an update without effect.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export class MarkedReferences extends DefaultStackSynthesizer {
  protected override synthesizeTemplate(session: ISynthesisSession, ...lookup: [string?, string?]): FileAssetSource {
    const source = super.synthesizeTemplate(session, ...lookup);
    const { outdir } = session.assembly;
    // What this stack depends on is synthesized before it.
    const producers = new Map(
      this.boundStack.dependencies.map(({ stackName, templateFile }) => [stackName, readTemplate(join(outdir, templateFile))]),
    );
    const file = join(outdir, this.boundStack.templateFile);
    const template = readTemplate(file);
    for (const resource of Object.values(template.Resources)) {
      const values = valuesOf(resource.Properties, 'Fn::GetStackOutput') as { StackName: string; OutputName: string }[];
      if (values.length === 0) continue;
      const definitions = values.map(({ StackName, OutputName }) => definitionOf(StackName, OutputName, producers));
      resource.Metadata = { ...resource.Metadata, [MARK]: digest(JSON.stringify(definitions)) };
    }
    const text = JSON.stringify(template, null, 1);
    writeFileSync(file, text);
    return { ...source, sourceHash: digest(text) };
  }
}

/** An output, and the resources that decide its value: those that it refers to, and what they refer to in turn. */
function definitionOf(stack: string, output: string, producers: ReadonlyMap<string, Template>): unknown {
  const producer = producers.get(stack);
  const value = producer?.Outputs?.[output]?.Value;
  if (producer === undefined || value === undefined)
    throw new Error(`the stack ${stack} has no output ${output}, or is synthesized too late`);
  const resources = new Map<string, unknown>();
  const visit = (part: unknown): void => {
    for (const id of referencesOf(part)) {
      const resource = producer.Resources[id];
      if (resource === undefined || resources.has(id)) continue;
      resources.set(id, [resource.Type, resource.Properties]);
      visit(resource.Properties);
    }
  };
  visit(value);
  return [stack, value, ...[...resources].sort(([a], [b]) => (a < b ? -1 : 1))];
}

function referencesOf(value: unknown): readonly string[] {
  const attributes = valuesOf(value, 'Fn::GetAtt').map((attribute) => String([attribute].flat()[0]).split('.')[0] ?? '');
  const substituted = valuesOf(value, 'Fn::Sub').flatMap((sub) =>
    [...String([sub].flat()[0]).matchAll(/\$\{(\w+)/g)].map(([, id = '']) => id),
  );
  return [...valuesOf(value, 'Ref').map(String), ...attributes, ...substituted];
}

/** The arguments of an intrinsic function, wherever it stands in a value. */
function valuesOf(value: unknown, intrinsic: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [...(key === intrinsic ? [member] : []), ...valuesOf(member, intrinsic)]);
}

const readTemplate = (file: string): Template => JSON.parse(readFileSync(file, 'utf8'));

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
