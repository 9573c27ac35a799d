import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'python-environment');

/** Everything that the script calls before it looks for Python. */
const TOOLS = ['bash', 'dirname', 'cksum', 'cut'];

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-python-'));
  // No other list has this content, so no environment is found that was made before.
  writeFileSync(join(directory, 'requirements.txt'), `# ${directory}\n`);
  for (const tool of TOOLS) {
    const { stdout } = spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(directory, tool));
  }
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs the script where the PATH holds only what it calls. */
function environmentOf(program: string) {
  return spawnSync(SCRIPT, [program, join(directory, 'requirements.txt')], { env: { PATH: directory }, encoding: 'utf8' });
}

test('without Python it ends with 69 and names the program', () => {
  const { status, stdout, stderr } = environmentOf('ministack');
  expect(status).toBe(69);
  expect(stderr).toBe('ministack did not run: there is no python3 on the PATH\n');
  expect(stdout).toBe('');
});

test('with an old Python it ends with 69 and names the version that it found', () => {
  writeFileSync(join(directory, 'python3'), '#!/usr/bin/env bash\n[[ $1 == --version ]] && echo "Python 3.9.2" || exit 1\n', {
    mode: 0o755,
  });
  symlinkSync('/usr/bin/env', join(directory, 'env'));
  const { status, stderr } = environmentOf('ministack');
  expect(status).toBe(69);
  expect(stderr).toBe('ministack did not run: it needs Python 3.11 or newer, and this is Python 3.9.2\n');
});
