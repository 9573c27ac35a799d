import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { LOG_ENV } from '../../../backbone/contract.ts';
import { SSE_ENV } from '../../../fargate/sse/contract.ts';
import { SseClient } from './support/sse-client.ts';
import { until } from './support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

let child: ChildProcess | undefined;
const clients: SseClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  child?.kill('SIGKILL');
});

interface Line {
  readonly message?: string;
  readonly port?: number;
  readonly level?: string;
  readonly error?: { readonly message: string };
}

/** Runs a file with this Node, and collects its log. */
function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const process_ = spawn(process.execPath, [join(ROOT, file), ...args], { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  child = process_;
  const lines: Line[] = [];
  createInterface({ input: process_.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const exited = once(process_, 'exit').then(([code]) => code as number | null);
  return { lines, exited, kill: (signal: NodeJS.Signals) => process_.kill(signal) };
}

async function runService(drainMs: number) {
  const service = run('test/fargate/sse/support/service-process.ts', [String(drainMs)]);
  const { port } = await until(() => service.lines.find(({ message }) => message === 'ready'));
  return { ...service, url: (path: string) => `http://127.0.0.1:${port}${path}` };
}

async function openStreams(url: string, count: number): Promise<readonly SseClient[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => SseClient.open(url)));
  clients.push(...opened);
  await until(() => opened.every(({ lastEventId }) => lastEventId !== undefined));
  return opened;
}

test('SIGTERM closes the streams one after another, accepts no new ones, removes the queue, and ends with 0', async () => {
  const service = await runService(1_500);
  const streams = await openStreams(service.url('/v1/events?channel=demo'), 10);
  service.kill('SIGTERM');
  await until(() => streams.some(({ ended }) => ended));
  expect((await fetch(service.url('/readyz'))).status).toBe(503);
  expect((await fetch(service.url('/v1/events?channel=demo'))).status).toBe(503);
  expect(streams.filter(({ ended }) => !ended).length).toBeGreaterThan(0);
  expect(await service.exited).toBe(0);
  await until(() => streams.every(({ ended }) => ended));
  expect(streams.filter(({ broken }) => broken)).toEqual([]);
  expect(service.lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['draining', 'queue closed', 'stopped']));
});

test('a client that keeps its connection open does not delay the stop', async () => {
  const service = await runService(0);
  const poll = request(service.url('/v1/events?channel=demo&waitSeconds=25'), { headers: { Accept: 'application/json' } });
  const answered = once(poll, 'response');
  poll.end();
  await once(poll, 'finish');
  // An answer to what was sent later: the poll is there, and waits. Its connection and this one stay open.
  await (await fetch(service.url('/healthz'))).text();
  service.kill('SIGINT');
  const [answer] = await answered;
  expect(answer.statusCode).toBe(200);
  expect(await service.exited).toBe(0);
});

test('a second signal ends the process at once, which its clients see as a broken stream', async () => {
  const service = await runService(60_000);
  const [stream] = await openStreams(service.url('/v1/events?channel=demo'), 1);
  service.kill('SIGTERM');
  await until(() => service.lines.some(({ message }) => message === 'draining'));
  service.kill('SIGTERM');
  expect(await service.exited).toBe(1);
  await until(() => stream?.ended);
  expect(stream?.broken).toBe(true);
});

test('a service without its environment ends with 1 and names what is missing', async () => {
  const service = run('fargate/sse/main.ts', [], { [SSE_ENV.port]: 'http' });
  expect(await service.exited).toBe(1);
  const last = await until(() => service.lines.at(-1));
  expect(last.level).toBe('ERROR');
  expect(last.error?.message).toContain(`${SSE_ENV.port} is "http"`);
  expect(last.error?.message).toContain(`${LOG_ENV.table} is not set`);
});
