import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, jest, test } from '@jest/globals';

/** Every command of package.json that is ours: what `--help`, an unknown option and a bad value do. */

// Processes start, and the machine may be busy.
jest.setTimeout(120_000);

const ROOT = join(import.meta.dirname, '../..');
const { scripts }: { scripts: Readonly<Record<string, string>> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Programs of others, with options and exit codes of their own, and what only starts several commands. */
const THEIRS = /^(cdk|biome|tsc|depcruise|jest|npm run) /;

/** Whether the program is there: that of a lane goes with its folder. */
const hasProgram = (name: string) => existsSync(join(ROOT, /^exec node (\S+)/.exec(scripts[name] ?? '')?.[1] ?? ''));

const OURS = Object.keys(scripts).filter((name) => !THEIRS.test(`${scripts[name]} `) && hasProgram(name));

type Try = readonly [args: readonly string[], value: string, allowed: string];

/**
 * For each command, arguments that make no sense, the bad value in what it says, and what it says is allowed: from the `bad-values.json`
 * of the folders beside this file, so that those of a lane go with its folder.
 */
const KNOWN: Readonly<Record<string, readonly Try[]>> = Object.assign(
  {},
  ...readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => JSON.parse(readFileSync(join(import.meta.dirname, name, 'bad-values.json'), 'utf8'))),
);

const BAD = Object.fromEntries(Object.entries(KNOWN).filter(([name]) => OURS.includes(name)));

/** Where Node keeps what it has compiled (jest.config.mjs): commands start faster. */
const { NODE_COMPILE_CACHE = '' } = process.env;

const READ_ONLY = [
  ...['--permission', '--allow-fs-read=*', `--allow-fs-write=${NODE_COMPILE_CACHE}`],
  ...['--allow-addons', '--disable-warning=SecurityWarning'],
];

/** As npm runs it, but it may read files only: what writes one or starts a process ends with ERR_ACCESS_DENIED. */
async function run(name: string, ...args: readonly string[]) {
  const [command = '', ...fixed] = (scripts[name] ?? '').replace(/^exec /, '').split(' ');
  expect(command).toBe('node');
  const child = spawn(process.execPath, [...READ_ONLY, ...fixed, ...args], {
    cwd: ROOT,
    env: { ...process.env, npm_lifecycle_event: name },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect(stderr).not.toContain('ERR_ACCESS_DENIED');
  return { code, stdout, stderr };
}

const typed = (name: string) => (name === 'start' ? 'npm start' : `npm run ${name}`);

test('every command replaces the shell in which npm starts it, so that signals reach it, and has bad values to try', () => {
  expect(OURS.filter((name) => !scripts[name]?.startsWith('exec node '))).toEqual([]);
  expect(OURS.filter((name) => BAD[name] === undefined)).toEqual([]);
});

test.each(OURS)('%s --help prints its usage, and does nothing else', async (name) => {
  const { code, stdout, stderr } = await run(name, '--help');

  expect(stdout).toContain(`Usage: ${typed(name)} -- [options]`);
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test.each(OURS)('%s: an unknown option is a usage error, reported in one line', async (name) => {
  const { code, stdout, stderr } = await run(name, '--no-such-option');

  expect(stderr).toBe(`error: unknown option '--no-such-option' (see ${typed(name)} -- --help)\n`);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

describe.each(Object.entries(BAD))('%s', (name, tries) => {
  test.each(tries)('%j is a usage error, reported in one line with the value and what is allowed', async (args, value, allowed) => {
    const { code, stdout, stderr } = await run(name, ...args);

    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(value);
    expect(stderr).toContain(allowed);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
