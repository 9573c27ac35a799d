import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { synthesize } from '../../../packages/assembly-local/synth.ts';
import { collectPageErrors, lanePane, launchBrowser } from '../../../packages/console/test/browser.ts';
import { freshChannel } from '../support/clients.ts';
import { type Run, startRun } from '../support/run.ts';
import { paneTitles } from './support/console-pages.ts';

let workDir: string;
let run: Run;
let browser: Browser;

beforeAll(async () => {
  workDir = mkdtempSync(join(tmpdir(), 'lanes-e2e-preview-'));
  const app = join(workDir, 'cdk.out');
  await synthesize(app, 'preview', { env: process.env, signal: new AbortController().signal });
  // The report of all other tests is about the development stage.
  [run, browser] = await Promise.all([startRun(['--app', app, '--access-report', workDir]), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await run.stop();
  rmSync(workDir, { recursive: true });
}, 30_000);

/** By a page, since the local run makes its certificate at start and nobody has signed it. */
async function fetchFrom(path: string) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const response = await context.request.get(run.urls.console + path);
    return { status: response.status(), headers: response.headers(), text: await response.text() };
  } finally {
    await context.close();
  }
}

test('behind CloudFront the page comes from the bucket and reaches every lane under the policy of the distribution', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const errors = collectPageErrors(page);
  await page.goto(`${run.urls.console}/?channel=${freshChannel('bucket')}`);
  for (const title of paneTitles(run.urls)) await lanePane(page, title).live();
  await page.getByLabel('Data').fill('from the bucket');
  await page.getByLabel('Data').press('Enter');
  for (const title of paneTitles(run.urls)) await lanePane(page, title).event('from the bucket').waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 60_000);

test.each(['/', '/plan.html'])('the page at %s is asked for each time, with the security headers', async (path) => {
  const { status, headers } = await fetchFrom(path);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': 'text/html',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    'strict-transport-security': expect.stringContaining('max-age='),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  });
});

test('files that the page names are cached for a year', async () => {
  const script = /assets\/main-[A-Z0-9]{8}\.js/.exec((await fetchFrom('/')).text)?.[0];
  const { status, headers } = await fetchFrom(`/${script}`);
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-type': 'text/javascript', 'cache-control': 'public, max-age=31536000, immutable' });
});

test('a missing file is answered with 404, and so are the internal paths of the service', async () => {
  expect((await fetchFrom('/assets/missing.js')).status).toBe(404);
  expect((await fetchFrom('/readyz')).status).toBe(404);
});

test('the service then has no console of its own', async () => {
  for (const path of ['/', '/console.json']) expect((await fetch(run.urls.http + path)).status).toBe(404);
});
