import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { freshChannel, openSse, publish, subscribeSocket } from './support/clients.ts';
import { startRun } from './support/run.ts';

const ROOT = join(import.meta.dirname, '../..');
const made: string[] = [];

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** Synthesizes a copy of bin/app.ts without the lines that mention a lane, and answers where the assembly is. */
function synthesizeWithout(lane: 'Sse' | 'WebSocket'): string {
  const source = readFileSync(join(ROOT, 'bin/app.ts'), 'utf8');
  const app = join(ROOT, `bin/app.without-${lane.toLowerCase()}.ts`);
  const assembly = mkdtempSync(join(tmpdir(), 'lanes-e2e-one-'));
  made.push(app, assembly);
  writeFileSync(app, withoutStatements(source, lane));
  execFileSync('cdk', ['synth', '--quiet', '--app', `node ${app}`, '--output', assembly, '-c', 'stage=dev'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return assembly;
}

/** Drops every top-level statement that names the lane's stack: its import, its making and its wiring. */
function withoutStatements(source: string, lane: string): string {
  const statements = source.split(/(?<=;\n)/);
  const kept = statements.filter((statement) => !statement.includes(`${lane}Stack`));
  expect(kept.length).toBeLessThan(statements.length);
  return kept.join('');
}

test('without the SSE stack, the WebSocket lane synthesizes and runs alone', async () => {
  const run = await startRun(['--app', synthesizeWithout('Sse')]);
  expect(run.urls).toMatchObject({ http: '', https: '' });
  const channel = freshChannel('alone');
  const reader = await subscribeSocket(run.urls.websocket, channel);
  const writer = await subscribeSocket(run.urls.websocket, channel);

  writer.send({ action: 'publish', channel, data: 'alone' });

  expect((await reader.ofKind('event')).map((event) => event.data)).toEqual(['alone']);
  expect(await run.stop()).toBe(0);
}, 120_000);

test('without the WebSocket stack, the SSE lane synthesizes and runs alone', async () => {
  const run = await startRun(['--app', synthesizeWithout('WebSocket')]);
  expect(run.urls).toMatchObject({ websocket: '' });
  const channel = freshChannel('alone');
  const stream = await openSse(run.urls.http, `channel=${channel}`);

  await publish(run.urls.http, channel, 'alone');

  expect((await stream.events.count(1)).map((event) => event.data)).toEqual(['alone']);
  expect(await run.stop()).toBe(0);
}, 120_000);
