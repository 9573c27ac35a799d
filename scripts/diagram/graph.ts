import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOINTS, LINKS, NODES, type Properties, SELF } from './links.ts';

export interface Node {
  /** `<stack>/<logical id>`. */
  readonly id: string;
  readonly stack: string;
  /** Path of the construct below its stack. */
  readonly path: string;
  readonly type: string;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string | undefined;
  readonly failure: boolean;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>>;
}

type Templates = Readonly<Record<string, Template>>;

/**
 * The resources listed in {@link NODES}, and how they lead to each other according to the templates of an
 * assembly.
 */
export function graphOf(assemblyDir: string): Graph {
  const templates = readTemplates(assemblyDir);
  const resources = Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([logicalId, { Type, Properties = {} }]) => ({
      id: `${stack}/${logicalId}`,
      stack,
      logicalId,
      Type,
      Properties,
    })),
  );
  const types = new Map(resources.map(({ id, Type }) => [id, Type]));
  const edges = resources.flatMap(({ id, stack, Type, Properties }) =>
    (LINKS[Type]?.(Properties) ?? []).flatMap(({ from, to, label, failure = false }) => {
      const ends = (value: unknown) => (value === SELF ? [id] : [...referencesOf(value, stack, templates)]);
      return ends(from).flatMap((source) => ends(to).map((target): Edge => ({ from: source, to: target, label, failure })));
    }),
  );
  const isNode = (id: string) => NODES[types.get(id) ?? ''] !== undefined;
  const paths = constructPaths(assemblyDir);
  return {
    nodes: resources
      .filter(({ id }) => isNode(id))
      .map(({ id, stack, logicalId, Type }) => ({ id, stack, path: paths.get(id) ?? logicalId, type: Type })),
    edges: withoutJoints(edges, (id) => JOINTS.has(types.get(id) ?? '')).filter(
      ({ from, to }) => isNode(from) && isNode(to) && from !== to,
    ),
  };
}

function readTemplates(assemblyDir: string): Templates {
  const names = readdirSync(assemblyDir).filter((name) => name.endsWith('.template.json'));
  return Object.fromEntries(
    names.sort().map((name) => [name.replace('.template.json', ''), JSON.parse(readFileSync(join(assemblyDir, name), 'utf8'))]),
  );
}

/** Construct paths, without the stack and the `Resource` at the end, by `<stack>/<logical id>`. */
function constructPaths(assemblyDir: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const name of readdirSync(assemblyDir).filter((file) => file.endsWith('.metadata.json'))) {
    const metadata: Readonly<Record<string, readonly { readonly type: string; readonly data: unknown }[]>> = JSON.parse(
      readFileSync(join(assemblyDir, name), 'utf8'),
    );
    for (const [path, entries] of Object.entries(metadata)) {
      const logicalId = entries.find(({ type }) => type === 'aws:cdk:logicalId')?.data;
      const [, stack = '', ...rest] = path.split('/');
      if (typeof logicalId === 'string') paths.set(`${stack}/${logicalId}`, rest.join('/').replace(/\/Resource$/, ''));
    }
  }
  return paths;
}

/** The resources that a value refers to, across stacks. */
function referencesOf(value: unknown, stack: string, templates: Templates): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (part: unknown, inStack: string): void => {
    if (Array.isArray(part)) for (const item of part) visit(item, inStack);
    if (typeof part !== 'object' || part === null) return;
    for (const [key, argument] of Object.entries(part)) {
      if (key === 'Ref' || key === 'Fn::GetAtt') found.add(`${inStack}/${[argument].flat()[0]}`);
      else if (key === 'Fn::GetStackOutput') follow(argument.StackName, argument.OutputName);
      else if (key === 'Fn::ImportValue') followExport(argument);
      else if (key === 'Fn::Sub')
        for (const [, id] of String([argument].flat()[0]).matchAll(/\$\{([A-Za-z0-9]+)/g)) found.add(`${inStack}/${id}`);
      else visit(argument, inStack);
    }
  };
  const follow = (other: string, output: string) => visit(templates[other]?.Outputs?.[output]?.Value, other);
  const followExport = (name: unknown) => {
    for (const [other, { Outputs = {} }] of Object.entries(templates)) {
      for (const [output, { Export }] of Object.entries(Outputs)) if (Export?.Name === name) follow(other, output);
    }
  };
  visit(value, stack);
  return found;
}

/** Draws an edge past every joint: the label of its second half is the more useful one. */
function withoutJoints(edges: readonly Edge[], isJoint: (id: string) => boolean): readonly Edge[] {
  const walk = (edge: Edge): readonly Edge[] => {
    if (!isJoint(edge.to)) return [edge];
    return edges
      .filter(({ from }) => from === edge.to)
      .flatMap((next) => walk({ from: edge.from, to: next.to, label: next.label ?? edge.label, failure: edge.failure || next.failure }));
  };
  return edges.filter(({ from }) => !isJoint(from)).flatMap(walk);
}
