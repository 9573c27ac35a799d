import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../../..');

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['lab/both/verify/main.ts', ...args], { cwd: ROOT, encoding: 'utf8' });

test('--help tells what it does, what it needs and every option', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  for (const word of ['MiniStack', 'Python 3.11', '--stage', '--endpoint', '--ca', '--leave-out', '--verbose'])
    expect(stdout).toContain(word);
});

test('an option that there is not is a usage error', () => {
  const { status, stderr } = run('--stages', 'dev');
  expect(status).toBe(2);
  expect(stderr).toContain("unknown option '--stages'");
});
