import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, jest, test } from '@jest/globals';

// Processes start, and the machine may be busy.
jest.setTimeout(60_000);

const FIXTURE = join(import.meta.dirname, 'fixture-command.ts');

function start(args: readonly string[], script?: string) {
  const child = spawn(process.execPath, [FIXTURE, ...args], {
    env: { ...process.env, npm_lifecycle_event: script },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const outcome = Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { child, outcome: outcome.then(([stdout, stderr, code]) => ({ stdout, stderr, code })) };
}

const run = (args: readonly string[], script?: string) => start(args, script).outcome;

test('help names the command as it was typed, and the first of its names where npm did not start it', async () => {
  expect((await run(['--help'], 'two')).stdout).toContain('Usage: npm run two -- [options]');
  expect((await run(['--help'])).stdout).toContain('Usage: npm run one -- [options]');
  // As in a test that npm runs.
  expect((await run(['--help'], 'test:unit')).stdout).toContain('Usage: npm run one -- [options]');
});

test.each([
  [['--by', 'success'], 0, ''],
  [['--by', 'code'], 69, ''],
  [['--by', 'failure'], 1, 'error: the server does not answer: refused; no route\n'],
  [['--by', 'misuse'], 2, 'error: dist is taken\n'],
  [['--bye'], 2, "error: unknown option '--bye' (Did you mean --by?) (see npm run one -- --help)\n"],
  [['--by'], 2, "error: option '--by <way>' argument missing (see npm run one -- --help)\n"],
  [['extra'], 2, "error: unexpected argument 'extra' (see npm run one -- --help)\n"],
])('%j ends with %i', async (args, code, stderr) => {
  expect(await run(args)).toEqual({ code, stderr, stdout: '' });
});

test('a stack is shown for what is wrong in the program itself, and to whoever asks for it', async () => {
  expect((await run(['--by', 'bug'])).stderr).toMatch(/^error: TypeError: x is not a function\n +at .*fixture-command/);
  expect((await run(['--by', 'failure', '--verbose'])).stderr).toMatch(/^error: Error: the server does not answer\n +at /);
});

test('everything that it prints arrives, through a pipe that does not block as npm makes them too', () => {
  // The reader begins late, so the pipe is full by then.
  const script = `const { spawnSync } = require('node:child_process'); process.stdout._handle.setBlocking(false); process.exitCode = spawnSync(process.execPath, [${JSON.stringify(FIXTURE)}, '--by', 'much'], { stdio: 'inherit' }).status`;
  const { stdout } = spawnSync('sh', ['-c', '"$0" -e "$1" | (sleep 1; wc -c)', process.execPath, script], { encoding: 'utf8' });
  expect(Number(stdout)).toBe(1_000_001);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with 130 and a word', async (signal) => {
  const { child, outcome } = start(['--by', 'signal']);
  await once(child.stdout, 'readable');
  child.kill(signal);

  expect(await outcome).toMatchObject({ code: 130, stderr: 'interrupted\n' });
});

test('what answers in spite of the signal ends with 130 too', async () => {
  const { child, outcome } = start(['--by', 'success after a signal']);
  await once(child.stdout, 'readable');
  child.kill('SIGINT');

  expect(await outcome).toMatchObject({ code: 130, stderr: '' });
});
