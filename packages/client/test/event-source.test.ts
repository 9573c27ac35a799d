import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../console/test/browser.ts';
import { until } from './support/checks.ts';
import { StubServer } from './support/stub-server.ts';

/** What the README says of the browser's own `EventSource`. */

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const [, LINES = ''] = /^```js\n(.*?)^```$/ms.exec(README) ?? [];

let browser: Browser;
let page: Page;
let server: StubServer;
let logged: string[];

beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);

afterAll(() => browser.close());

beforeEach(async () => {
  server = await StubServer.start();
  page = await browser.newPage();
  logged = [];
  page.on('console', (message) => message.type() === 'log' && logged.push(message.text()));
});

afterEach(async () => {
  await page.close();
  await server.stop();
});

const inThePage = (code: string) => page.addScriptTag({ content: code.replaceAll('https://lanes.example.com', server.url) });

test.each([204, 401, 403, 429, 500, 502, 503])('an EventSource stays closed after %i', async (status) => {
  await server.set({ failures: { times: 1, status } });
  await inThePage(`
    const source = new EventSource('https://lanes.example.com/v1/events?channel=orders');
    source.onerror = () => console.log('error', source.readyState === EventSource.CLOSED);`);
  await until(() => logged.length > 0, 'an error');
  expect(logged).toEqual(['error true']);
});

test('an EventSource stays closed after another Content-Type', async () => {
  await server.set({ streamType: 'text/plain' });
  await inThePage(`
    const source = new EventSource('https://lanes.example.com/v1/events?channel=orders');
    source.onerror = () => console.log('error', source.readyState === EventSource.CLOSED);`);
  await until(() => logged.length > 0, 'an error');
  expect(logged).toEqual(['error true']);
});

test.each([502, 503])('the lines of the README open another after %i, and miss nothing', async (status) => {
  expect(LINES).toContain('10_000');
  await inThePage(LINES.replace('10_000', '10'));
  await until(async () => (await server.stats()).streams === 1, 'a stream');
  await server.publish('orders', 'e 1');
  await until(() => logged.length === 1, 'an event');
  await server.set({ failures: { times: 3, status } });
  await server.cut();
  await server.publish('orders', 'e 2');
  await until(() => logged.length === 2, 'the event that it missed');
  await server.publish('orders', 'e 3');
  await until(() => logged.length === 3, 'the next event');
  expect(logged).toEqual(['e 1', 'e 2', 'e 3']);
});
