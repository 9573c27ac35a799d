import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { collectPageErrors, lanePane, launchBrowser } from '../console/browser.ts';
import { authorization, freshChannel, publish } from './support/clients.ts';
import { type Run, startRun } from './support/run.ts';

/** Screenshots for a person to judge; git ignores them. */
const ARTIFACTS = join(import.meta.dirname, '../.artifacts');

const LANES = ['WebSocket lane', 'SSE lane'] as const;

let run: Run;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let pageErrors: readonly string[];
let channel: string;

beforeAll(async () => {
  [run, browser] = await Promise.all([startRun(), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await run.stop();
}, 30_000);

async function openPage(options: Parameters<Browser['newContext']>[0] = {}, base = run.urls.console): Promise<void> {
  // The local run makes its certificate at start, so nobody has signed it.
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  pageErrors = collectPageErrors(page);
  await page.goto(`${base}/?channel=${channel}`);
  for (const title of LANES) await lanePane(page, title).live();
}

beforeEach(() => {
  channel = freshChannel('console');
});

afterEach(async () => {
  expect(pageErrors).toEqual([]);
  await context.close();
});

test('an issuer that denies access is asked once, and again when the user tries again', async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  pageErrors = collectPageErrors(page);
  let asked = 0;
  const authorize = (url: URL) => url.pathname === '/issuer/authorize';
  await page.route(authorize, async (route) => {
    asked++;
    const query = new URL(route.request().url()).searchParams;
    const back = new URL(query.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({ error: 'access_denied', state: query.get('state') ?? '' }).toString();
    await route.fulfill({ status: 302, headers: { location: back.href } });
  });
  await page.goto(`${run.urls.console}/?channel=${channel}`);
  await page.getByRole('alert').filter({ hasText: 'Access was denied' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(asked).toBe(1);

  await page.unroute(authorize);
  await page.getByRole('button', { name: 'Try again' }).click();
  for (const title of LANES) await lanePane(page, title).live();
  expect(page.url()).toBe(`${run.urls.console}/?channel=${channel}`);
}, 60_000);

test('the page may connect to the hosts of the deployment, and to no other', async () => {
  await openPage();
  const policy = (await (await fetch(run.urls.console)).headers.get('content-security-policy')) ?? '';
  const [connect] = policy.split('; ').filter((directive) => directive.startsWith('connect-src '));
  expect(connect?.split(' ').slice(1)).toEqual(expect.arrayContaining(["'self'", run.urls.websocket, run.urls.endpoint]));
  expect(connect).not.toMatch(/ (\*|wss?:|https?:)( |$)|:\*/);
  const blocked = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true });
        fetch('https://elsewhere.example/').catch(() => undefined);
      }),
  );
  expect(blocked).toBe('connect-src');
  // The browser has told of it, as it should.
  (pageErrors as string[]).length = 0;
}, 30_000);

test('over TLS every answer of the load balancer keeps browsers on TLS, out of frames, and to the declared types', async () => {
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  pageErrors = [];
  for (const path of ['/', '/console.json', '/v1/events']) {
    const response = await context.request.get(run.urls.https + path);
    expect(response.headers()).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
}, 30_000);

test('one publish on the page shows with the same id and its latency on both lanes', async () => {
  await openPage();
  await page.getByLabel('Data').fill('hello from the page');
  await page.getByLabel('Data').press('Enter');
  await page.getByText('published in').waitFor();

  const shown = [];
  for (const title of LANES) {
    const lane = lanePane(page, title);
    await lane.event('hello from the page').waitFor();
    shown.push(...(await lane.events()));
  }
  expect(shown).toHaveLength(2);
  expect(shown[0]).toEqual({
    id: expect.stringMatching(/^[a-z0-9]+\.1$/),
    data: 'hello from the page',
    latency: expect.stringMatching(/^-?[\d.]+ m?s$/),
    replayed: false,
  });
  expect(shown[1]).toMatchObject({ id: shown[0]?.id, latency: expect.stringMatching(/^-?[\d.]+ m?s$/) });
}, 30_000);

test('an event sent up the WebSocket arrives on both lanes', async () => {
  await openPage();
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByLabel('Data').fill('up the socket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  for (const title of LANES) await lanePane(page, title).event('up the socket').waitFor();
}, 30_000);

test.each(LANES)(
  'the %s, cut while events are published, resumes with each of them once and in order',
  async (title) => {
    await openPage();
    const lane = lanePane(page, title);
    const before = await publish(run.urls.http, channel, 'before');
    await lane.event('before').waitFor();
    await lane.cut();
    for (const data of ['missed 1', 'missed 2', 'missed 3']) await publish(run.urls.http, channel, data);
    await lane.notice(`Resumed after ${before.id}, 3 events replayed`).waitFor();
    await publish(run.urls.http, channel, 'after');
    await lane.event('after').waitFor();

    expect((await lane.events()).map(({ data, replayed }) => [data, replayed])).toEqual([
      ['after', false],
      ['missed 3', true],
      ['missed 2', true],
      ['missed 1', true],
      ['before', false],
    ]);
  },
  30_000,
);

test.each(LANES)(
  'the %s, cut before any event, resumes with the first ones',
  async (title) => {
    await openPage();
    const lane = lanePane(page, title);
    await lane.cut();
    await publish(run.urls.http, channel, 'first');
    await lane.resumeNow();
    await lane.notice('1 event replayed').waitFor();
    expect((await lane.events()).map(({ data }) => data)).toEqual(['first']);
  },
  30_000,
);

test('a burst arrives whole and in order on both lanes', async () => {
  await openPage();
  await page.getByRole('button', { name: 'Publish 20' }).click();
  await page.getByText('20 events published').waitFor();
  const texts = Array.from({ length: 20 }, (_, index) => `hello ${20 - index}/20`);
  for (const title of LANES) {
    const lane = lanePane(page, title);
    await lane.pane.locator('.counters dd', { hasText: /^20$/ }).waitFor();
    const events = await lane.events();
    expect(events.map(({ id }) => Number(id.split('.')[1]))).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
    // The texts too: they were sent in this order, and each got its id before the next was sent.
    expect(events.map(({ data }) => data)).toEqual(texts);
  }
}, 30_000);

test('an event for a WebSocket lane that is cut says that it waits, and then that it was published', async () => {
  await openPage();
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('published in').waitFor();
  await lanePane(page, 'WebSocket lane').cut();
  await page.getByLabel('Data').fill('after the cut');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('Waiting for the connection of the WebSocket lane').waitFor();
  expect(await page.getByText('published in').count()).toBe(0);
  await page.getByText('published in').waitFor();
  for (const title of LANES) await lanePane(page, title).event('after the cut').waitFor();
}, 30_000);

test('an event of a type that nobody named before shows on both lanes', async () => {
  await openPage();
  await publish(run.urls.http, channel, 'known type');
  const response = await fetch(`${run.urls.http}/v1/channels/${channel}/events`, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'order.paid', data: 'A-1093' }),
  });
  expect(response.status).toBe(201);
  for (const title of LANES) await lanePane(page, title).event('A-1093').waitFor();
}, 30_000);

test('a refused publication shows the sentence of the server', async () => {
  await openPage();
  await page.getByLabel('Type').fill('bad type');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.locator('.outcome.failed', { hasText: '"bad type"' }).waitFor();
}, 30_000);

test("a page's own EventSource streams after the id that it names, with the session cookie", async () => {
  await openPage();
  const first = await publish(run.urls.http, channel, 'seen');
  const received = page.evaluate(
    async ({ name, headers, after }) => {
      const session = await fetch('/v1/session', { method: 'POST', headers });
      const source = new EventSource(`/v1/events?channel=${name}&lastEventId=${after}`);
      return new Promise<unknown>((resolve) => {
        source.onmessage = ({ data, lastEventId }) => {
          source.close();
          resolve({ status: session.status, data, lastEventId });
        };
      });
    },
    { name: channel, headers: authorization(), after: first.id },
  );
  const { id } = await publish(run.urls.http, channel, 'streamed');
  expect(await received).toEqual({ status: 204, data: 'streamed', lastEventId: id });
}, 30_000);

test('over HTTP/2 the stream shares the connection of the page', async () => {
  await openPage({}, run.urls.https);
  await lanePane(page, 'SSE lane').pane.getByText("HTTP/2, sharing the page's connection").waitFor();
  await publish(run.urls.http, channel, 'over h2');
  await lanePane(page, 'SSE lane').event('over h2').waitFor();
}, 30_000);

test.each([
  ['light', 1280, 860],
  ['dark', 1280, 860],
  ['light', 360, 760],
  ['dark', 360, 760],
] as const)(
  'in %s at %i by %i pixels the page fits (screenshots in test/.artifacts)',
  async (colorScheme, width, height) => {
    mkdirSync(ARTIFACTS, { recursive: true });
    const screenshot = (moment: string) =>
      page.screenshot({ path: join(ARTIFACTS, `console-${colorScheme}-${width}-${moment}.png`), fullPage: true });
    await openPage({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce' });
    await screenshot('empty');
    await publish(run.urls.http, channel, '{"order":"A-1093","lines":[{"sku":"chair","count":2},{"sku":"lamp","count":1}]}');
    await publish(run.urls.http, channel, 'A long text that has to wrap. '.repeat(30));
    for (const title of LANES) await lanePane(page, title).event('A long text').waitFor();
    for (const title of LANES) await lanePane(page, title).cut();
    for (const data of ['missed 1', 'missed 2']) await publish(run.urls.http, channel, data);
    await screenshot('cut');
    for (const title of LANES) await lanePane(page, title).notice('2 events replayed').waitFor();
    await screenshot('resumed');
    await page.getByRole('button', { name: 'Publish 20' }).click();
    for (const title of LANES) await lanePane(page, title).event('20/20').waitFor();
    await screenshot('busy');

    expect(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)).toBe(false);
  },
  60_000,
);
