import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { killTree } from './process-tree.ts';

/** Starts itself once more, in a group of its own, as tests start what they test; both ignore SIGTERM, and say who they are. */
const STUBBORN = `
process.on('SIGTERM', () => undefined);
setInterval(() => undefined, 1_000);
console.log(process.pid);
if (process.argv[1] === 'parent') {
  require('node:child_process').spawn(process.execPath, ['-e', process.env.PROGRAM, 'child'], { stdio: 'inherit', detached: true });
}
`;

test('a process ends with what it has started, in whichever group that is', async () => {
  const parent = spawn(process.execPath, ['-e', STUBBORN, 'parent'], {
    env: { ...process.env, PROGRAM: STUBBORN },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  parent.stdout.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n')));
  while (said.length < 2) await once(parent.stdout, 'data');
  expect(said[0]).toBe(String(parent.pid));

  killTree(parent.pid ?? 0);

  // Both hold the pipe open for as long as they live.
  await once(parent, 'close');
  expect(parent.signalCode).toBe('SIGKILL');
});
