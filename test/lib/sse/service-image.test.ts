import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { ServiceImage } from '../../../lib/sse/service-image.ts';
import { testApp, testStack } from '../harness.ts';

/** The directory that Docker would build. */
function buildContext(withConsole: boolean): string {
  const app = testApp({});
  const stack = testStack('Image', app);
  const { image } = new ServiceImage(stack, 'Image', { console: withConsole });
  new FargateTaskDefinition(stack, 'Task').addContainer('Service', { image });
  const { directory } = app.synth();
  return join(directory, readdirSync(directory).find((name) => name.startsWith('asset.')) ?? '');
}

test('the image holds a Dockerfile, the service in one file, and the pages of the console', () => {
  const context = buildContext(true);
  expect(readdirSync(context).sort()).toEqual(['Dockerfile', 'console', 'service.mjs']);
  expect(readdirSync(join(context, 'console')).sort()).toEqual(['assets', 'index.html', 'plan.html']);
}, 60_000);

test('the service needs no other files', () => {
  // Without its environment it says so. That far it comes only when every import was found.
  const { stderr, stdout } = spawnSync(process.execPath, ['service.mjs'], { cwd: buildContext(false), env: {}, encoding: 'utf8' });
  expect(stdout + stderr).toMatch(/LANES_LOG_TABLE is not set/);
}, 60_000);

test('without the console it contains no page', () => {
  expect(readdirSync(buildContext(false)).sort()).toEqual(['Dockerfile', 'service.mjs']);
}, 60_000);

test('the Dockerfile needs nothing but what is beside it, and does not run as root', () => {
  const dockerfile = readFileSync(join(buildContext(false), 'Dockerfile'), 'utf8');
  expect(dockerfile).toMatch(/^USER (?!root|0)/m);
  expect(dockerfile).not.toMatch(/npm (ci|install|i) /);
}, 60_000);

test('building it leaves nothing in the temporary directory', () => {
  const own = mkdtempSync(join(tmpdir(), 'realtime-lanes-tmp-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = own;
  try {
    buildContext(false);
    expect(readdirSync(own)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(own, { recursive: true });
  }
}, 60_000);
