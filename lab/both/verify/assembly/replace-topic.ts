import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TemplateValue } from '../../../../packages/assembly-local/assembly/read.ts';
import { attributeOf, type Output, type Resource, references, rewrite, type Template } from './template.ts';
import { writeTemplate } from './write-template.ts';

/** The assembly has no topic that could be replaced. */
export class NoTopicError extends Error {
  override readonly name = 'NoTopicError';
}

/** What a replaced topic and its exports have in their names. */
const SUFFIX = 'Replaced';

type Templates = ReadonlyMap<string, Template>;

/**
 * Replaces the topic of notifications as docs/upgrading.md says, in two deploys: first the new one is there beside the old one, which
 * keeps its exports, and everybody uses the new one; then the old one goes.
 *
 * @param directory an assembly that was deployed; it is changed in place
 * @returns changes the assembly for the second deploy
 * @throws NoTopicError
 */
export function replaceTopic(directory: string): () => void {
  const { beside, after } = withTopicReplaced(readTemplates(directory));
  writeTemplates(directory, beside);
  return () => writeTemplates(directory, after);
}

/** Templates by name, for the first deploy and for the second. @throws NoTopicError */
export function withTopicReplaced(templates: Templates): { readonly beside: Templates; readonly after: Templates } {
  const [owner, topic] = findTopic(templates);
  const renamed = `${topic}${SUFFIX}`;
  const exported = new Map(exportsOf(templates.get(owner), topic).map((name) => [name, `${name}${SUFFIX}`]));
  const after = new Map(
    [...templates].map(([name, template]) => [
      name,
      importing(name === owner ? renameResource(template, topic, renamed) : template, exported),
    ]),
  );
  const beside = new Map(after).set(owner, keepOld(after.get(owner), templates.get(owner), topic));
  return { beside, after };
}

/** The template and the logical id of the topic that the output `TopicArn` names. */
function findTopic(templates: Templates): readonly [owner: string, topic: string] {
  for (const [name, { Outputs = {} }] of templates) {
    const [topic] = references(Outputs['TopicArn']?.Value);
    if (topic !== undefined) return [name, topic];
  }
  throw new NoTopicError('no template has an output TopicArn that refers to a topic');
}

/** Names of the exports of a resource. */
function exportsOf(template: Template | undefined, logicalId: string): readonly string[] {
  return Object.values(template?.Outputs ?? {}).flatMap(({ Value, Export }) =>
    Export !== undefined && references(Value).includes(logicalId) ? [Export.Name] : [],
  );
}

/** As if the construct had another id: the resource, whatever refers to it, and its exports. */
function renameResource(template: Template, from: string, to: string): Template {
  const renamed = rewrite(template as unknown as TemplateValue, (object) => {
    if (object['Ref'] === from) return { Ref: to };
    const named = attributeOf(object['Fn::GetAtt']);
    return named?.logicalId === from ? { 'Fn::GetAtt': [to, named.attribute] } : undefined;
  }) as unknown as Template;
  const Resources = Object.fromEntries(Object.entries(renamed.Resources).map(([id, resource]) => [id === from ? to : id, resource]));
  const Outputs = Object.fromEntries(
    Object.entries(renamed.Outputs ?? {}).map(([key, output]): [string, Output] =>
      output.Export !== undefined && references(output.Value).includes(to)
        ? [`${key}${SUFFIX}`, { ...output, Export: { Name: `${output.Export.Name}${SUFFIX}` } }]
        : [key, output],
    ),
  );
  return { ...renamed, Resources, Outputs };
}

/** With exports imported under their new names. */
function importing(template: Template, exported: ReadonlyMap<string, string>): Template {
  return rewrite(template as unknown as TemplateValue, (object) => {
    const name = exported.get(String(object['Fn::ImportValue']));
    return name === undefined ? undefined : { 'Fn::ImportValue': name };
  }) as unknown as Template;
}

/** With the resource and its exports as they were, beside those that replace them. */
function keepOld(after: Template | undefined, before: Template | undefined, logicalId: string): Template {
  const old = before?.Resources[logicalId];
  if (after === undefined || old === undefined) throw new NoTopicError(`there is no resource ${logicalId}`);
  const exports = Object.entries(before?.Outputs ?? {}).filter(
    ([, { Value, Export }]) => Export !== undefined && references(Value).includes(logicalId),
  );
  const Resources: Readonly<Record<string, Resource>> = { ...after.Resources, [logicalId]: old };
  return { ...after, Resources, Outputs: { ...after.Outputs, ...Object.fromEntries(exports) } };
}

function readTemplates(directory: string): Templates {
  const names = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as Template]));
}

function writeTemplates(directory: string, templates: Templates): void {
  for (const [name, template] of templates) writeTemplate(directory, name, template);
}
