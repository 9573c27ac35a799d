import { join } from 'node:path';
import type { Edge, Graph, Node } from './graph.ts';
import { NODES } from './links.ts';

/** The page with the most important resources and their connections, for every stage. */
export const DIAGRAM_PAGE = join(import.meta.dirname, '../../docs', 'architecture-diagram.md');

const INTRODUCTION = `# The app, as it is synthesized

Written by \`npm run diagram\` from the templates; a test fails when it is out of date. Arrows are what the templates wire: routes, subscriptions, event sources, targets, and what roles are allowed. A dotted arrow is the way of what failed.
Left out are log groups, alarms, keys and the network. The queues of SSE tasks are not in a template: each task makes its own and subscribes it to the topic. How an event travels is in [architecture.md](architecture.md#an-events-way).`;

/**
 * The page, with one diagram for each set of stages with the same connections.
 * @param graphs by id of the stage
 */
export function renderDiagramPage(graphs: Readonly<Record<string, Graph>>): string {
  const drawings = Object.entries(graphs).map(([stage, graph]) => ({ stage, drawing: renderGraph(graph, stage) }));
  const sections = [...Map.groupBy(drawings, ({ drawing }) => drawing)].map(
    ([drawing, stages]) => `## Stage ${stages.map(({ stage }) => `\`${stage}\``).join(', ')}\n\n\`\`\`mermaid\n${drawing}\n\`\`\``,
  );
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function renderGraph({ nodes, edges }: Graph, stage: string): string {
  const names = new Map(nodes.map((node) => [node.id, mermaidId(node, stage)]));
  const subgraphs = [...Map.groupBy(nodes, ({ stack }) => stack)].map(([stack, members]) =>
    [`  subgraph ${withoutPrefix(stack, stage)}`, ...members.map((node) => `    ${names.get(node.id)}${label(node)}`).sort(), '  end'].join(
      '\n',
    ),
  );
  const arrows = [...Map.groupBy(edges, ({ from, to }) => `${from} ${to}`).values()].map((group) => renderEdge(group, names));
  return ['flowchart LR', ...subgraphs, ...arrows.sort()].join('\n');
}

function label({ path, type }: Node): string {
  const kind = NODES[type];
  if (kind === undefined) throw new Error(`resource type ${type} has no shape: add it to NODES`);
  return `${kind.shape[0]}"${path}<br><i>${kind.noun}</i>"${kind.shape[1]}`;
}

/**
 * All edges between the same two nodes become one arrow. Failures are shown only if nothing else takes that
 * path.
 */
function renderEdge(group: readonly Edge[], names: ReadonlyMap<string, string>): string {
  const [first] = group;
  if (first === undefined) throw new Error('a group has an edge');
  const failure = group.some((edge) => edge.failure);
  const labels = failure ? [] : [...new Set(group.flatMap((edge) => edge.label ?? []))].sort();
  const arrow = failure ? '-.->' : '-->';
  return `  ${names.get(first.from)} ${arrow}${labels.length === 0 ? '' : `|${labels.join(', ')}|`} ${names.get(first.to)}`;
}

const mermaidId = ({ stack, path }: Node, stage: string): string =>
  `${withoutPrefix(stack, stage)}_${path.replaceAll(/[^A-Za-z0-9]/g, '_')}`;

/** `LanesDevSse` of stage dev is `Sse`. */
function withoutPrefix(stack: string, stage: string): string {
  const marker = `${stage.charAt(0).toUpperCase()}${stage.slice(1)}`;
  return stack.slice(stack.indexOf(marker) + marker.length);
}
