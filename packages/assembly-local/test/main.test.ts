import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { until } from '../../../test/support/until.ts';
import { listen } from '../loopback.ts';
import { type TestApp, writeApp } from './support/app.ts';
import { nextMessage, opened } from './support/gateway.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

let app: TestApp | undefined;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  app?.remove();
  app = undefined;
});

function start(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, '--strict', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const stderr = text(child.stderr);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  return { child, stderr, stdout: () => stdout, exited: once(child, 'exit').then(([code]) => code as number | null) };
}

async function startApp(...options: string[]) {
  app ??= writeApp();
  const started = start('--app', app.directory, '--tasks', '1', ...options);
  await until('it is ready', () => started.stdout().endsWith('\n') || started.child.exitCode !== null);
  return started;
}

/** Processes whose parent is the given one. Linux only, as the rest of CI. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        return readFileSync(`/proc/${candidate}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false; // It has ended since.
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test('--help tells the options and starts nothing', async () => {
  const { exited, stdout } = start('--help');
  expect(await exited).toBe(0);
  for (const option of ['--json', '--tasks', '--stage', '--app', '--strict', '--verbose']) expect(stdout()).toContain(option);
});

test.each([
  ['--tasks', 'many', /--tasks.*many.*whole number from 1 to 20/s],
  ['--tasks', '0', /--tasks/],
  ['--socket-idle', '601', /--socket-idle/],
  ['--nonsense', '', /--nonsense/],
  ['', 'extra', /argument/],
])('wrong arguments %s %s are refused with exit code 2', async (option, value, message) => {
  const { exited, stderr, stdout } = start(...[option, value].filter((part) => part !== ''));
  expect(await exited).toBe(2);
  expect(await stderr).toMatch(message);
  expect(stdout()).toBe('');
});

test('--json prints one line with the URLs, on free ports, and Ctrl-C ends it', async () => {
  const { child, exited, stdout, stderr } = await startApp('--json');
  expect(stdout().split('\n')).toHaveLength(2);
  const line = JSON.parse(stdout());
  expect(Object.keys(line)).toEqual(['console', 'http', 'https', 'websocket', 'endpoint', 'token']);
  expect((await fetch(line.http)).status).toBe(200);
  const socket = await opened(new WebSocket(line.websocket));
  socket.send('start a function');
  await nextMessage(socket);
  const pids = childrenOf(child.pid);
  expect(pids).toHaveLength(2);
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  await until('all processes are gone', () => !pids.some(isAlive));
  expect(stdout().split('\n')).toHaveLength(2);
  expect(await stderr).toMatch(/ready[\s\S]*stopping/);
});

test('a Ctrl-C that arrives twice, from the terminal and from npm, ends it as gently', async () => {
  const { child, exited, stderr } = await startApp('--json');
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(await stderr).toMatch(/stopping/);
});

test('two runs do not get in each other’s way', async () => {
  const first = await startApp('--json');
  const second = await startApp('--json');
  const urls = [first, second].flatMap(({ stdout }) =>
    Object.values(JSON.parse(stdout()) as Record<string, string>).filter((url) => url !== ''),
  );
  expect(new Set(urls).size).toBe(urls.length);
});

test('without --json it tells where to look and what to try, on other ports when its own are taken', async () => {
  const taken = createServer();
  const port = await listen(taken, 8443);
  const { stdout } = await startApp();
  expect(stdout()).toMatch(/curl -Nk --http2 -H "authorization: Bearer \$TOKEN" 'https:\/\/127\.0\.0\.1:\d+\/v1\/events\?channel=demo'/);
  expect(stdout()).toMatch(/wscat -c ws:\/\/127\.0\.0\.1:\d+\/dev -H "authorization: Bearer \$TOKEN" -s lanes\.v1\.json/);
  expect(stdout()).toMatch(/Ctrl-C stops everything/);
  const [, https] = /curl -k https:\/\/127\.0\.0\.1:(\d+)\//.exec(stdout()) ?? [];
  expect(Number(https)).toBeGreaterThan(0);
  expect(https).not.toBe(String(port));
  taken.close();
});

test('functions and tasks end when the local run is killed', async () => {
  const { child, stdout } = await startApp('--json');
  const socket = await opened(new WebSocket(JSON.parse(stdout()).websocket));
  socket.on('error', () => undefined);
  socket.send('start a function');
  await nextMessage(socket);
  const pids = childrenOf(child.pid);
  expect(pids).toHaveLength(2);
  child.kill('SIGKILL');
  await until('all processes are gone', () => !pids.some(isAlive));
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('everything ends when npm gets %s', async (signal) => {
  app = writeApp();
  // As a harness starts it, where no terminal sends the signal to the whole process group.
  const npm = spawn('npm', ['start', '--silent', '--', '--json', '--tasks', '1', '--app', app.directory], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(npm);
  const [line] = await once(npm.stdout.setEncoding('utf8'), 'data');
  const { http } = JSON.parse(line);
  expect((await fetch(http)).status).toBe(200);
  const [main] = childrenOf(npm.pid);
  const pids = [main ?? 0, ...childrenOf(main)];
  expect(pids).toHaveLength(2);
  npm.kill(signal);
  await until('all processes are gone', () => !pids.some(isAlive));
});

test('what is not supported is left out with a warning; --strict makes that an error', async () => {
  app = writeApp({ resources: { Cache: { Type: 'AWS::ElastiCache::ServerlessCache' } } });
  const child = spawn(process.execPath, [MAIN, '--json', '--tasks', '1', '--app', app.directory], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const stderr = text(child.stderr);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  expect((await fetch(JSON.parse(line).http)).status).toBe(200);
  child.kill('SIGINT');
  const shown = (await stderr).split('\n').filter((shownLine) => shownLine.includes('Cache'));
  expect(shown).toEqual([expect.stringMatching(/^\[warning\] AWS::ElastiCache::ServerlessCache \(Cache in stack App\) is left out/)]);
});

test('with --strict what cannot run is told in one line, with exit code 1', async () => {
  app = writeApp({ resources: { Cache: { Type: 'AWS::ElastiCache::ServerlessCache' } } });
  const { exited, stderr, stdout } = await startApp('--json');
  expect(await exited).toBe(1);
  expect(await stderr).toMatch(/^error: UnknownResourceTypeError: .*AWS::ElastiCache::ServerlessCache \(Cache in stack App\)/m);
  expect(stdout()).toBe('');
});

test('a directory that is no assembly is told with its name', async () => {
  const { exited, stderr } = start('--json', '--app', '/nowhere');
  expect(await exited).toBe(2);
  expect(await stderr).toContain('/nowhere/manifest.json');
});
