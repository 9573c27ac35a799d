import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { openSse, subscribeSocket } from './support/clients.ts';
import { startRun } from './support/run.ts';

const ROOT = join(import.meta.dirname, '../..');

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

test('Ctrl-C ends everything, with streams open: no process and no file stays', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'lanes-e2e-'));
  const run = await startRun([], { TMPDIR: temporary });
  // lane: sse
  await openSse(run.urls.http, 'channel=demo');
  // end lane
  // lane: websocket
  await subscribeSocket(run.urls.websocket, 'demo');
  // end lane
  const children = descendants(run.process.pid ?? 0);
  // lane: sse
  expect(children.length).toBeGreaterThanOrEqual(2);
  // end lane
  expect(children).not.toEqual([]);

  const code = await run.stop();

  expect(code).toBe(0);
  expect(children.filter(alive)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
  rmdirSync(temporary);
}, 90_000);

test('with --json, standard output holds one line with the agreed keys, and two runs stand side by side', async () => {
  const [one, two] = await Promise.all([startRun(), startRun()]);

  expect(Object.keys(one.urls).sort()).toEqual(['console', 'endpoint', 'http', 'https', 'token', 'websocket']);
  expect(one.output.stdout.trimEnd().split('\n')).toHaveLength(1);
  const urls = [one, two]
    .flatMap((run) => [run.urls.http, run.urls.https, run.urls.websocket, run.urls.endpoint])
    .filter((url) => url !== '');
  // lane: both
  expect(urls).toHaveLength(8);
  // end lane
  expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(urls.length);
  // lane: sse
  // Behind CloudFront the page is at an address with the certificate that the local run has made.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const { headers, body } = await request(one.urls.console, { dispatcher });
  await body.dump();
  await dispatcher.close();
  expect(headers['content-type']).toContain('text/html');
  // end lane

  expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
}, 90_000);

test('a stage that does not exist ends it before anything is synthesized, with the names of those that do', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['local/main.ts', '--stage', 'moon'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
  });

  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: .*'moon' is invalid\. Allowed choices are dev, .*\n$/);
  expect(stdout).toBe('');
}, 60_000);
