/** How much there is to operate, counted: from the templates of a stage, the code, and the pages of operations. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../../packages/planner/src/markdown.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Complexity {
  readonly resources: number;
  readonly functions: number;
  readonly queues: number;
  readonly tables: number;
  readonly roles: number;
  /** Different actions that policies allow. */
  readonly iamActions: number;
  readonly alarms: number;
  /** Headings below "Alarms" of its page. */
  readonly runbooks: number;
  /** Rows of the tables of what is left behind and of dead letters. */
  readonly leftovers: number;
  /** Rows of its table of limits: ways in which a client is refused. */
  readonly refusals: number;
  /** Lines that are neither blank nor comments. */
  readonly codeLines: number;
  readonly infrastructureLines: number;
  /** Of our client library, for this lane alone. */
  readonly clientLines: number;
}

/** Files of the client library that a lane alone needs. */
const CLIENT_FILES: Readonly<Record<string, RegExp>> = { sse: /^(stream|sse-parser)\.ts$/, websocket: /^socket.*\.ts$/ };

type Statement = { readonly Effect: string; readonly Action?: string | readonly string[] };
interface Resource {
  readonly Type: string;
  readonly Properties?: {
    readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  };
}

/**
 * @param assemblyDir of a stage
 * @param lane a lane's name, or `backbone` for what lanes share
 */
export function complexityOf(assemblyDir: string, lane: string): Complexity {
  const resources = resourcesOf(assemblyDir, lane);
  const count = (...types: readonly string[]) => resources.filter(({ Type }) => types.includes(Type)).length;
  const page = readFileSync(join(ROOT, 'docs', lane === 'backbone' ? '.' : lane, 'operations.md'), 'utf8');
  return {
    resources: resources.length,
    functions: count('AWS::Lambda::Function'),
    queues: count('AWS::SQS::Queue'),
    tables: count('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'),
    roles: count('AWS::IAM::Role'),
    iamActions: new Set(resources.filter(({ Type }) => Type.startsWith('AWS::IAM::')).flatMap(allowedActions)).size,
    alarms: count('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'),
    runbooks: sectionOf(page, 'Alarms').match(/^### /gm)?.length ?? 0,
    leftovers: tableRows(sectionOf(page, 'What is left behind, and who removes it')) + tableRows(subsectionOf(page, 'Dead letters'), '| `'),
    refusals: tableRows(sectionOf(page, 'Limits and refusals')),
    codeLines: linesOf(['backbone', 'lambda', 'fargate'], lane),
    infrastructureLines: linesOf(['lib', 'bin'], lane),
    clientLines: clientLinesOf(lane),
  };
}

/** Those of its stack: `LanesProdSse` for `sse`. */
function resourcesOf(assemblyDir: string, lane: string): readonly Resource[] {
  const files = readdirSync(assemblyDir).filter((name) => name.toLowerCase().endsWith(`${lane}.template.json`));
  return files.flatMap((name): readonly Resource[] => {
    const { Resources }: { readonly Resources: Readonly<Record<string, Resource>> } = JSON.parse(
      readFileSync(join(assemblyDir, name), 'utf8'),
    );
    return Object.values(Resources).filter(({ Type }) => Type !== 'AWS::CDK::Metadata');
  });
}

function allowedActions({ Properties: { PolicyDocument, Policies = [] } = {} }: Resource): readonly string[] {
  const documents = [PolicyDocument, ...Policies.map((policy) => policy.PolicyDocument)];
  const statements = documents.flatMap((document) => document?.Statement ?? []);
  return statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action = [] }) => Action);
}

const sectionOf = (page: string, heading: string): string => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';

const subsectionOf = (page: string, heading: string): string => page.split(/^###? /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';

/** Rows that begin so, without head and rule. */
const tableRows = (section: string, begin = '| '): number =>
  section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .filter((line) => line.startsWith(begin)).length;

/** In folders named after the lane; for the backbone, in all others. */
function linesOf(folders: readonly string[], lane: string): number {
  const files = folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const isOf = (name: string) => (lane === 'backbone' ? !/\/(sse|websocket)\//.test(name) : name.includes(`/${lane}/`));
  return files.filter(isOf).reduce((sum, name) => sum + codeLines(readFileSync(join(ROOT, name), 'utf8')), 0);
}

/** For the backbone, what every lane needs: the core of the client, and not what lies in folders of its own. */
function clientLinesOf(lane: string): number {
  const folder = join(ROOT, 'packages/client/src');
  const isOf = (name: string) =>
    lane === 'backbone' ? !Object.values(CLIENT_FILES).some((files) => files.test(name)) : CLIENT_FILES[lane]?.test(name) === true;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && isOf(name))
    .reduce((sum, name) => sum + codeLines(readFileSync(join(folder, name), 'utf8')), 0);
}

const codeLines = (text: string): number => text.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;

/** Rounded, so that the page need not follow every change. */
const about = (lines: number, to = 500): string => `about ${(Math.ceil(lines / to) * to).toLocaleString('en-US')}`;

const ROWS: readonly (readonly [label: string, of: (complexity: Complexity) => string | number])[] = [
  ['resources of its stack', ({ resources }) => resources],
  ['functions, queues, tables', ({ functions, queues, tables }) => `${functions}, ${queues}, ${tables}`],
  ['IAM roles, and different actions that they allow', ({ roles, iamActions }) => `${roles}, ${iamActions}`],
  ['alarms', ({ alarms }) => alarms],
  ['runbooks for them', ({ runbooks }) => runbooks],
  ['what is left behind or ends as a dead letter, each with its remedy', ({ leftovers }) => leftovers],
  ['limits that a client can meet', ({ refusals }) => refusals],
  ['lines of code that run', ({ codeLines: lines }) => about(lines)],
  ['lines of infrastructure', ({ infrastructureLines: lines }) => about(lines)],
  ['lines of our client library', ({ clientLines: lines }) => about(lines, 50)],
];

/** The table, a column for each label. */
export function renderComplexity(columns: Readonly<Record<string, Complexity>>): string {
  const head = ['counted in stage `prod`', ...Object.keys(columns)];
  const rows = ROWS.map(([label, of]) => [label, ...Object.values(columns).map((complexity) => String(of(complexity)))]);
  return markdownTable(head, rows);
}
