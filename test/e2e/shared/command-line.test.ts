import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startRun } from '../support/run.ts';
import { connectOver, transportsOf } from '../support/transports.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Processes whose environment or parent ties them to `pid`; Linux only, like the machines that run the tests. */
function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // The process ended while we looked.
    }
  }
  const children = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...children(child)]);
  return children(pid);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('Ctrl-C ends everything, even with open streams: no process and no file stays', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'lanes-e2e-'));
  const run = await startRun([], { TMPDIR: temporary });
  const connections = transportsOf(run.urls).map((transport) => connectOver(transport, run.urls));
  await Promise.all(connections.map((connection) => connection.subscribe('demo').ready));
  const children = descendants(run.process.pid ?? 0);
  expect(connections).not.toEqual([]);
  expect(children.length).toBeGreaterThanOrEqual(connections.length);

  const code = await run.stop();
  for (const connection of connections) connection.close();

  expect(code).toBe(0);
  expect(children.filter(alive)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
  rmdirSync(temporary);
}, 90_000);

test('with --json, standard output is one line with the agreed keys, and two runs work side by side', async () => {
  const [one, two] = await Promise.all([startRun(), startRun()]);

  expect(Object.keys(one.urls).sort()).toEqual(['console', 'endpoint', 'http', 'https', 'token', 'websocket']);
  expect(one.output.stdout.trimEnd().split('\n')).toHaveLength(1);
  const urls = [one, two]
    .flatMap((run) => [run.urls.http, run.urls.https, run.urls.websocket, run.urls.endpoint])
    .filter((url) => url !== '');
  // A lane, and the endpoint, of each.
  expect(urls.length).toBeGreaterThanOrEqual(4);
  expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(urls.length);

  expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
}, 90_000);

test('an unknown stage ends it before anything is synthesized, and the error names the existing ones', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['packages/assembly-local/main.ts', '--stage', 'moon'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
  });

  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: .*'moon' is invalid\. Allowed choices are dev, .*\n$/);
  expect(stdout).toBe('');
}, 60_000);
