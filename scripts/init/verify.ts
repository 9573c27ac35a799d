/** `npm run verify:init`: makes projects of the template, as it lies here, and tests each. `-- --help` tells the options. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { abortOnSignal } from '../../bench/progress.ts';
import { USAGE_ERROR } from '../../local/command-line.ts';
import { untilClosed } from '../../local/process-group.ts';
import { stackPrefix } from './answers.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAME = 'order-feed';
const REGION = 'eu-central-1';

const LANES = ['websocket', 'sse', 'both'] as const;
const EDGES = ['alb', 'cloudfront'] as const;
const COMBINATIONS = LANES.flatMap((lanes) => EDGES.map((edge) => `${lanes}:${edge}`));

/** Projects behind a load balancer take the tokens of their own user pool, the others those of an issuer. */
function authOf(lanes: string, edge: string): readonly string[] {
  if (edge === 'alb') return ['--auth', 'cognito'];
  const client = lanes === 'websocket' ? [] : ['--client-id', 'console'];
  return ['--issuer', 'https://id.example.com', '--audience', NAME, '--jwks', 'https://id.example.com/jwks.json', ...client];
}

/** Leaves out unit tests of what init does not touch, and everything end to end. */
const QUICK = [
  ['run', 'lint'],
  ['run', 'typecheck'],
  ['run', 'deps'],
  ['run', 'test:unit', '--', '--testPathPatterns', 'test/(lib|docs|scripts)/'],
];
const FULL = [['test']];

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
}

const program = new Command('npm run verify:init --')
  .description(
    'Makes a project with each lane and with both, on each edge, in a temporary directory, and runs its `npm test`. Stack names and logical ids have to be what they were. Takes five to ten minutes for each.',
  )
  .addOption(
    new Option(
      '--quick',
      'lint, types, dependency rules, all stages synthesized, tests of lib, docs and scripts: a minute or two for each',
    ).default(false),
  )
  .addOption(new Option('--only <combination...>', 'lanes:edge').choices(COMBINATIONS).default(COMBINATIONS, 'all'))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
const { quick, only } = program.parse().opts<Options>();

const signal = abortOnSignal();
const home = mkdtempSync(join(tmpdir(), 'realtime-lanes-init-'));
try {
  const before = await logicalIds(ROOT, 'Lanes');
  const failed: string[] = [];
  for (const combination of only) {
    await verify(combination, before).catch((error: unknown) => {
      signal.throwIfAborted();
      console.error(`${combination}: ${error instanceof Error ? error.message : error}`);
      failed.push(combination);
    });
  }
  if (failed.length > 0) {
    console.error(`failed: ${failed.join(', ')}`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function verify(combination: string, before: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
  const [lanes = '', edge = ''] = combination.split(':');
  const project = join(home, combination.replace(':', '-'));
  const startedAtMs = performance.now();
  const step = (command: string, ...args: readonly string[]) => {
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0);
    console.log(`${combination}, ${seconds} s: ${[command === process.execPath ? 'node' : command, ...args].join(' ')}`);
    return runIn(project, command, args);
  };
  await copyTemplate(project);
  const answers = ['--name', NAME, '--lanes', lanes, '--edge', edge, '--region', REGION, ...authOf(lanes, edge)];
  await step(process.execPath, 'scripts/init/main.ts', ...answers);
  for (const args of quick ? QUICK : FULL) await step('npm', ...args);
  // Behind CloudFront, and with an issuer, other resources are meant to be there.
  const lost = edge === 'alb' ? await lostIds(project, before) : [];
  if (lost.length > 0) throw new Error(`CloudFormation would replace ${lost.join(', ')}`);
  console.log(`${combination}, ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s: all passed`);
  rmSync(project, { recursive: true });
}

/** As it lies here, changes that are not committed included, and committed as a clone is. */
async function copyTemplate(project: string): Promise<void> {
  const listed = await runIn(ROOT, 'git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const path of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    cpSync(join(ROOT, path), join(project, path));
  }
  // Hard links: half a gigabyte in no time.
  await runIn(project, 'cp', ['-al', join(ROOT, 'node_modules'), join(project, 'node_modules')]);
  await runIn(project, 'git', ['init', '--quiet']);
  await runIn(project, 'git', ['add', '--all']);
  await runIn(project, 'git', ['-c', 'user.name=init', '-c', 'user.email=init@localhost', 'commit', '--quiet', '--message', 'template']);
}

/** Answers what the command prints. When it fails, the error has all of that; when the signal aborts, no process is left. */
async function runIn(directory: string, command: string, args: readonly string[]): Promise<string> {
  signal.throwIfAborted();
  const child = spawn(command, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const printed: string[] = [];
  const said: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const code = await untilClosed(child, signal);
  if (code === 0) return printed.join('');
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${[...printed, ...said].join('')}`);
}

/** Logical ids of the stacks of development, by the name of the stack without the prefix of all. */
async function logicalIds(project: string, prefix: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const outDir = mkdtempSync(join(home, 'assembly-'));
  await runIn(project, join(project, 'node_modules/.bin/cdk'), [
    'synth',
    '--quiet',
    '--output',
    outDir,
    '-c',
    'stage=dev',
    '-c',
    'checks=off',
  ]);
  const templates = readdirSync(outDir).filter((name) => name.endsWith('.template.json'));
  return new Map(
    templates.map((name) => {
      const { Resources }: Template = JSON.parse(readFileSync(join(outDir, name), 'utf8'));
      // Some ids hold the name of another stack, and a version of a function has a new one with every change of it.
      const ids = Object.keys(Resources).filter((id) => !id.includes(prefix) && Resources[id]?.Type !== 'AWS::Lambda::Version');
      return [name.slice(prefix.length), new Set(ids)] as const;
    }),
  );
}

/** Ids of the template's stacks that the project's do not have. The edge may be another, and its stack with it. */
async function lostIds(project: string, template: ReadonlyMap<string, ReadonlySet<string>>): Promise<readonly string[]> {
  return [...(await logicalIds(project, stackPrefix(NAME)))].flatMap(([stack, ids]) => {
    const lost = [...(template.get(stack) ?? [])].filter((id) => !ids.has(id));
    return lost.map((id) => `${stack} ${id}`);
  });
}
