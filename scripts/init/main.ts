/** `npm run init`: makes a project of this template. See `-- --help`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createCommand, runCommand, UsageError } from '../../command-line/command.ts';
import { runUntil } from '../../command-line/program.ts';
import { INTERRUPTED } from '../../command-line/stop.ts';
import { type Answers, addQuestions, askForRest } from './answers.ts';
import { makeProject, packagesLeftOver } from './project.ts';

const ROOT = join(import.meta.dirname, '../..');

type Options = Answers & { readonly withoutLab?: boolean; readonly dryRun?: boolean };

const parse = (argv: readonly string[]) =>
  addQuestions(createCommand('init', 'Makes a project of this template: asks what no option answers, and deletes what it does not need.'))
    .option('--without-lab', 'leave out the benchmarks, chaos tests and verifications of lab/')
    .option('--dry-run', 'say what would change, and change nothing')
    .parse(argv)
    .opts<Options>();

async function main({ withoutLab = false, dryRun = false, ...given }: Options, signal: AbortSignal): Promise<number | undefined> {
  if (!dryRun && git('status', '--porcelain') !== '') {
    throw new UsageError('The working tree must be clean: commit your changes first, so that `git diff` shows what init has done.');
  }
  const answers = await askForRest(given, signal);
  if (answers === undefined) {
    console.error('\nNothing was changed.');
    return INTERRUPTED;
  }
  const template = readTree();
  const project = makeProject(template, answers, !withoutLab);
  const removed = [...template.keys()].filter((path) => !project.has(path));
  const changed = [...project].filter(([path, text]) => text !== template.get(path));
  console.log([...removed.map((path) => `- ${path}`), ...changed.map(([path]) => `~ ${path}`)].join('\n'));
  console.log(`${removed.length} files ${dryRun ? 'would go' : 'gone'}, ${changed.length} changed`);
  if (dryRun) return undefined;
  for (const path of removed) remove(path);
  for (const [path, text] of changed) writeFileSync(join(ROOT, path), text);
  await tidy(packagesLeftOver(template, project), signal);
  console.log('Done. Look at it with `git diff`, test it with `npm test`, and commit it.');
  return undefined;
}

/** Removes a file, and the folders that it leaves empty: git does not track folders. */
function remove(path: string): void {
  rmSync(join(ROOT, path));
  for (let folder = dirname(path); readdirSync(join(ROOT, folder)).length === 0; folder = dirname(folder)) rmdirSync(join(ROOT, folder));
}

/** Texts of the files that git tracks and that exist, by path. */
function readTree(): ReadonlyMap<string, string> {
  const tracked = git('ls-files').trim().split('\n');
  const there = tracked.filter((path) => existsSync(join(ROOT, path)));
  // Pictures have no text.
  return new Map(there.map((path) => [path, /\.(png|webp|jpg)$/.test(path) ? '' : readFileSync(join(ROOT, path), 'utf8')]));
}

/** Updates format, packages, generated pages and snapshots. */
async function tidy(leftOver: readonly string[], signal: AbortSignal): Promise<void> {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const packages = leftOver.filter((name) => name in dependencies || name in devDependencies);
  const run = (what: string, command: string, ...args: readonly string[]) => {
    console.log(`${what} …`);
    return runUntil(signal, { cwd: ROOT })(command, args);
  };
  await run('format', 'npx', 'biome', 'check', '--write', '--log-level=error', '.');
  if (packages.length > 0) await run('packages', 'npm', 'uninstall', '--ignore-scripts', '--no-audit', '--no-fund', ...packages);
  await run('security findings and diagram (about a minute)', 'npm', 'run', '--silent', 'findings');
  await run('logical ids', 'npx', 'jest', '--selectProjects=unit', '--testPathPatterns=test/lib/', '-t=logical ids', '-u', '--silent');
}

function git(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return stdout;
  throw new UsageError(`init needs git and a clone: git ${args[0]} failed with ${(error?.message ?? stderr).trim()}`);
}

await runCommand(parse, main);
