/** `npm run verify:init`: makes projects of the template, as it lies here, and tests each. `-- --help` tells the options. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { type Run, runUntil } from '../../command-line/program.ts';
import { stackPrefix } from '../../scripts/init/project.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAME = 'order-feed';
const REGION = 'eu-central-1';

const LANES = ['websocket', 'sse', 'both'] as const;
const EDGES = ['alb', 'cloudfront'] as const;
const WITHOUT_LAB = 'both:alb:without-lab';
const COMBINATIONS = [...LANES.flatMap((lanes) => EDGES.map((edge) => `${lanes}:${edge}`)), WITHOUT_LAB];

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

function parse(argv: readonly string[]): Options {
  return createCommand(
    'verify:init',
    'Makes a project with each lane and with both, on each edge, and one without lab/, in a temporary directory, and runs its `npm test`. Stack names and logical ids have to be what they were. Takes five to ten minutes for each.',
  )
    .addOption(
      new Option(
        '--quick',
        'lint, types, dependency rules, all stages synthesized, tests of lib, docs and scripts: a minute or two for each',
      ).default(false),
    )
    .addOption(new Option('--only <combination...>', 'lanes:edge, and one without lab/').choices(COMBINATIONS).default(COMBINATIONS, 'all'))
    .parse(argv)
    .opts();
}

async function main({ quick, only }: Options, signal: AbortSignal): Promise<number | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'realtime-lanes-init-'));
  try {
    const work: Work = { home, quick, runIn: (cwd) => runUntil(signal, { cwd, linesShown: Number.POSITIVE_INFINITY }) };
    const before = await logicalIds(work, ROOT, 'Lanes');
    const failed: string[] = [];
    for (const combination of only) {
      await verify(work, combination, before).catch((error: unknown) => {
        signal.throwIfAborted();
        console.error(`${combination}: ${error instanceof Error ? error.message : error}`);
        failed.push(combination);
      });
    }
    if (failed.length === 0) return undefined;
    console.error(`failed: ${failed.join(', ')}`);
    return 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** What all steps share. */
interface Work {
  /** A temporary directory. */
  readonly home: string;
  readonly quick: boolean;
  /** Runs programs in a folder; an error has all that the program said. */
  readonly runIn: (cwd: string) => Run;
}

async function verify(work: Work, combination: string, before: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
  const { home, quick, runIn } = work;
  const [lanes = '', edge = ''] = combination.split(':');
  const project = join(home, combination.replaceAll(':', '-'));
  const startedAtMs = performance.now();
  const say = (what: string) => console.log(`${combination}, ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s: ${what}`);
  const step = (command: string, ...args: readonly string[]) => {
    say([command === process.execPath ? 'node' : command, ...args].join(' '));
    return runIn(project)(command, args);
  };
  await copyTemplate(runIn, project);
  const lab = combination === WITHOUT_LAB ? ['--without-lab'] : [];
  const answers = ['--name', NAME, '--lanes', lanes, '--edge', edge, '--region', REGION, ...authOf(lanes, edge), ...lab];
  await step(process.execPath, 'scripts/init/main.ts', ...answers);
  for (const args of quick ? QUICK : FULL) await step('npm', ...args);
  // Behind CloudFront, and with an issuer, other resources are meant to be there.
  const lost = edge === 'alb' ? await lostIds(work, project, before) : [];
  if (lost.length > 0) throw new Error(`CloudFormation would replace ${lost.join(', ')}`);
  say('all passed');
  rmSync(project, { recursive: true });
}

/** As it lies here, changes that are not committed included, and committed as a clone is. */
async function copyTemplate(runIn: Work['runIn'], project: string): Promise<void> {
  const listed = await runIn(ROOT)('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const path of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    cpSync(join(ROOT, path), join(project, path));
  }
  const run = runIn(project);
  // Hard links: half a gigabyte in no time.
  await run('cp', ['-al', join(ROOT, 'node_modules'), join(project, 'node_modules')]);
  await run('git', ['init', '--quiet']);
  await run('git', ['add', '--all']);
  await run('git', ['-c', 'user.name=init', '-c', 'user.email=init@localhost', 'commit', '--quiet', '--message', 'template']);
}

/** Logical ids of the stacks of development, by the name of the stack without the prefix of all. */
async function logicalIds({ home, runIn }: Work, project: string, prefix: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const outDir = mkdtempSync(join(home, 'assembly-'));
  await runIn(project)(join(project, 'node_modules/.bin/cdk'), [
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
async function lostIds(work: Work, project: string, template: ReadonlyMap<string, ReadonlySet<string>>): Promise<readonly string[]> {
  return [...(await logicalIds(work, project, stackPrefix(NAME)))].flatMap(([stack, ids]) => {
    const lost = [...(template.get(stack) ?? [])].filter((id) => !ids.has(id));
    return lost.map((id) => `${stack} ${id}`);
  });
}

await runCommand(parse, main);
