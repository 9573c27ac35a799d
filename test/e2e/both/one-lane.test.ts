import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { AppCopy } from '../../support/app-copy.ts';
import { openSse, publish } from '../sse/support/streams.ts';
import { freshChannel } from '../support/clients.ts';
import { startRun } from '../support/run.ts';
import { subscribeSocket } from '../websocket/support/sockets.ts';

const made: string[] = [];

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** Synthesizes a copy of the app without a lane, and answers where the assembly is. */
function synthesizeWithout(lane: 'sse' | 'websocket'): string {
  const { root } = AppCopy.linked().withoutLane(lane);
  const assembly = mkdtempSync(join(tmpdir(), 'lanes-e2e-one-'));
  made.push(root, assembly);
  execFileSync('cdk', ['synth', '--quiet', '--output', assembly, '-c', 'stage=dev'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return assembly;
}

test('without the SSE stack, the WebSocket lane synthesizes and runs alone', async () => {
  const run = await startRun(['--app', synthesizeWithout('sse')]);
  expect(run.urls).toMatchObject({ http: '', https: '' });
  const channel = freshChannel('alone');
  const reader = await subscribeSocket(run.urls.websocket, channel);
  const writer = await subscribeSocket(run.urls.websocket, channel);

  writer.send({ action: 'publish', channel, data: 'alone' });

  expect((await reader.ofKind('event')).map((event) => event.data)).toEqual(['alone']);
  expect(await run.stop()).toBe(0);
}, 120_000);

test('without the WebSocket stack, the SSE lane synthesizes and runs alone', async () => {
  const run = await startRun(['--app', synthesizeWithout('websocket')]);
  expect(run.urls).toMatchObject({ websocket: '' });
  const channel = freshChannel('alone');
  const stream = await openSse(run.urls.http, `channel=${channel}`);

  await publish(run.urls.http, channel, 'alone');

  expect((await stream.events.count(1)).map((event) => event.data)).toEqual(['alone']);
  expect(await run.stop()).toBe(0);
}, 120_000);
