/** `npm run init`: makes a project of this template. `-- --help` tells the options. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { createCommand, runCommand, UsageError } from '../../command-line/command.ts';
import { INTERRUPTED } from '../../command-line/stop.ts';
import { type Answers, hasConsole, InvalidAnswerError, READ } from './answers.ts';
import { askForRest, type Given } from './ask.ts';
import { packagesLeftOver } from './packages.ts';
import { type Change, planChanges } from './plan.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Options extends Omit<Given, 'auth'> {
  readonly auth?: 'cognito';
  readonly issuer?: string;
  readonly audience?: string;
  readonly jwks?: string;
  readonly clientId?: string;
  readonly dryRun: boolean;
}

/** As an option's parser: commander shows what is wrong with the value, and ends with a usage error. */
const read =
  <T>(reader: (text: string) => T) =>
  (text: string): T => {
    try {
      return reader(text);
    } catch (error) {
      throw error instanceof InvalidAnswerError ? new InvalidArgumentError(error.message) : error;
    }
  };

function parse(argv: readonly string[]): Options {
  return createCommand(
    'init',
    'Makes a project of this template: its name, its lanes, where clients come in, whose tokens it takes, its region. What the project does not need goes, with its tests and docs. Asks for what no option answers.',
  )
    .addOption(new Option('--name <name>', 'of the package; stack names begin with it').argParser(read(READ.name)))
    .addOption(new Option('--lanes <lanes>', 'websocket, sse or both').argParser(read(READ.lanes)))
    .addOption(new Option('--edge <edge>', 'alb or cloudfront').argParser(read(READ.edge)))
    .addOption(new Option('--region <region>', 'of the stages').argParser(read(READ.region)))
    .addOption(new Option('--auth <cognito>', 'take tokens of a user pool of the stages').choices(['cognito']).conflicts(['issuer']))
    .addOption(new Option('--issuer <url>', 'take the tokens of this issuer').argParser(read((text) => READ.url('issuer', text))))
    .addOption(new Option('--audience <text>', 'of its tokens').argParser(read(READ.audience)))
    .addOption(new Option('--jwks <url>', 'where its keys are').argParser(read((text) => READ.url('jwks', text))))
    .addOption(
      new Option('--client-id <id>', 'its public client for the console, where there is an SSE lane').argParser(read(READ.clientId)),
    )
    .addOption(new Option('--dry-run', 'say what would change, and change nothing').default(false))
    .parse(argv)
    .opts();
}

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  const { dryRun } = options;
  if (!dryRun && git('status', '--porcelain') !== '') {
    throw new UsageError(
      'The working tree has changes that are not committed: commit them first, so that `git diff` shows what init has done.',
    );
  }
  const answers = await complete(options, signal).catch(undefinedOnCtrlC);
  if (answers === undefined) {
    console.error('\nNothing was changed.');
    return INTERRUPTED;
  }
  const template = readTree();
  const changes = planChanges(template, answers);
  print(changes, dryRun);
  if (dryRun) return undefined;
  signal.throwIfAborted();
  apply(changes);
  await tidy(template, signal);
  console.log('Done. Look at it with `git diff`, test it with `npm test`, and commit it.');
  return undefined;
}

/** A terminal that asks a question takes Ctrl-C itself. */
function undefinedOnCtrlC(error: unknown): undefined {
  if (error instanceof Error && error.name === 'AbortError') return undefined;
  throw error;
}

async function complete({ auth, issuer, audience, jwks, clientId, dryRun: _, ...rest }: Options, signal: AbortSignal): Promise<Answers> {
  const issuerParts = [issuer, audience, jwks];
  if ([...issuerParts, clientId].some((part) => part !== undefined) && issuerParts.includes(undefined)) {
    throw new UsageError('--issuer, --audience and --jwks go together, and --client-id with them.');
  }
  const named = issuer !== undefined && audience !== undefined && jwks !== undefined;
  const given: Given = { ...rest, auth: named ? { url: issuer, audience, jwksUri: jwks, clientId } : auth };
  if (!process.stdin.isTTY) {
    const missing = (['name', 'lanes', 'edge', 'region', 'auth'] as const).filter((key) => given[key] === undefined);
    if (missing.length > 0) throw new UsageError(`Nobody is there to ask: give ${missing.map((key) => `--${key}`).join(', ')}.`);
    if (named && clientId === undefined && hasConsole(rest.lanes ?? [])) {
      throw new UsageError('The console signs users in as a client of the issuer: give its --client-id.');
    }
  }
  return askForRest(given, process.stdin, process.stdout, signal);
}

function print(changed: ReadonlyMap<string, Change>, dryRun: boolean): void {
  for (const [path, { kind }] of changed) console.log(`${kind === 'removed' ? '-' : '~'} ${path}`);
  const removed = [...changed.values()].filter(({ kind }) => kind === 'removed').length;
  console.log(`${removed} files ${dryRun ? 'would go' : 'gone'}, ${changed.size - removed} changed`);
}

function apply(changed: ReadonlyMap<string, Change>): void {
  for (const [path, change] of changed) {
    const file = join(ROOT, path);
    if (change.kind === 'removed') {
      rmSync(file);
      removeEmpty(dirname(file));
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, change.text);
    }
  }
}

/** Git does not know folders: where the last file of one goes, it goes too. */
function removeEmpty(folder: string): void {
  if (readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeEmpty(dirname(folder));
}

/** Texts of the files that git knows and that are there, by path. */
function readTree(): ReadonlyMap<string, string> {
  const paths = git('ls-files', '-z').split('\0');
  return new Map(
    paths.filter((path) => path !== '' && existsSync(join(ROOT, path))).map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
  );
}

/** Imports and packages that only removed parts needed go; pages and snapshot follow. */
async function tidy(before: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
  const run = runnerUntil(signal);
  await run('imports', 'biome', 'check', '--write', '--unsafe', '--only=correctness/noUnusedImports', '--log-level=error', '.');
  await run('format', 'biome', 'check', '--write', '--log-level=error', '.');
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const packages = packagesLeftOver(before, readTree()).filter((name) => name in dependencies || name in devDependencies);
  if (packages.length > 0) await run('packages', 'npm', 'uninstall', '--ignore-scripts', '--no-audit', '--no-fund', ...packages);
  await run('security findings and diagram (about a minute)', 'npm', 'run', '--silent', 'findings');
  const snapshot = ['--selectProjects=unit', '--silent', '--testPathPatterns', 'test/lib/app.test', '--updateSnapshot'];
  await run('snapshot of the templates', 'jest', ...snapshot);
}

/** Runs programs one after the other; the one that runs ends when the signal aborts. */
function runnerUntil(signal: AbortSignal) {
  return async (what: string, command: string, ...args: readonly string[]): Promise<void> => {
    console.log(`${what} …`);
    const { PATH = '' } = process.env;
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${PATH}` },
      signal,
    });
    const [status] = await once(child, 'close');
    if (status === 0) return;
    throw new Error(
      `${command} ${args.join(' ')} ended with ${status}. The files are those of the new project; what is above says what is left to do.`,
    );
  };
}

function git(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return stdout;
  throw new UsageError(`init works in a clone, with git: git ${args[0]} says ${(error?.message ?? stderr).trim()}`);
}

await runCommand(parse, main);
