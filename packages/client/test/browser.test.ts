import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../console/test/browser.ts';
import { CASES } from './support/cases.ts';
import { StubServer } from './support/stub-server.ts';

/**
 * The suite of `suite.test.ts`, in a real browser: each case over one of its transports, which the others take turns in; with
 * `WHOLE_SUITE=1` over all of them.
 */
const isWhole = process.env['WHOLE_SUITE'] === '1';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let server: StubServer;

const bundle = buildSync({
  entryPoints: [join(import.meta.dirname, 'support/browser-entry.ts')],
  bundle: true,
  format: 'iife',
  platform: 'browser',
  write: false,
}).outputFiles[0]?.text;

beforeAll(async () => {
  browser = await launchBrowser();
  context = await browser.newContext();
  await context.exposeFunction('callServer', (method: keyof StubServer, args: readonly unknown[]) => {
    const act = server[method] as (this: StubServer, ...args: unknown[]) => unknown;
    return act.apply(server, [...args]);
  });
}, 60_000);

afterAll(() => browser.close());

beforeEach(async () => {
  server = await StubServer.start();
  page = await context.newPage();
  await page.addScriptTag({ content: bundle ?? '' });
});

afterEach(async () => {
  await page.close();
  await server.stop();
});

describe.each(['sse', 'poll', 'websocket', 'auto'] as const)('in Chromium, over %s', (transport) => {
  const names = CASES.filter(({ transports }, index) =>
    isWhole ? transports.includes(transport) : transports[index % transports.length] === transport,
  ).map(({ name }) => name);
  test.each(names)('%s', async (name) => {
    const { url, websocketUrl } = server;
    const failure = await page.evaluate((it) => globalThis.runBrowserCase(it).then(() => undefined, String), {
      name,
      transport,
      urls: { url, websocketUrl },
    });
    expect(failure).toBeUndefined();
  });
});
