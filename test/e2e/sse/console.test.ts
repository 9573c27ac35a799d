import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authorization } from '../support/clients.ts';
import { ConsolePages, testCuts } from './support/console-pages.ts';
import { publish } from './support/streams.ts';

/** Screenshots for a person to judge; git ignores them. */
const ARTIFACTS = join(import.meta.dirname, '../../.artifacts');

const pages = new ConsolePages();

test('an issuer that denies access is asked once, and again when the user retries', async () => {
  const page = await pages.newPage();
  let asked = 0;
  const authorize = (url: URL) => url.pathname === '/issuer/authorize';
  await page.route(authorize, async (route) => {
    asked++;
    const query = new URL(route.request().url()).searchParams;
    const back = new URL(query.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({ error: 'access_denied', state: query.get('state') ?? '' }).toString();
    await route.fulfill({ status: 302, headers: { location: back.href } });
  });
  await page.goto(`${pages.urls.console}/?channel=${pages.channel}`);
  await page.getByRole('alert').filter({ hasText: 'Access was denied' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(asked).toBe(1);

  await page.unroute(authorize);
  await page.getByRole('button', { name: 'Try again' }).click();
  for (const title of pages.titles) await pages.pane(title).live();
  expect(page.url()).toBe(`${pages.urls.console}/?channel=${pages.channel}`);
}, 60_000);

test('the page may connect to the hosts of the deployment, and to no other', async () => {
  const page = await pages.open();
  const answer = await page.context().request.get(pages.urls.console);
  expect(answer.headers()['content-type']).toContain('text/html');
  const policy = answer.headers()['content-security-policy'] ?? '';
  const [connect] = policy.split('; ').filter((directive) => directive.startsWith('connect-src '));
  expect(connect?.split(' ').slice(1)).toEqual(expect.arrayContaining(["'self'", pages.urls.endpoint]));
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
  pages.forgetErrors();
}, 30_000);

test('over TLS every response of the load balancer keeps browsers on TLS, out of frames, and to the declared types', async () => {
  const context = await pages.newContext();
  for (const path of ['/', '/console.json', '/v1/events']) {
    const response = await context.request.get(pages.urls.https + path);
    expect(response.headers()).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
}, 30_000);

testCuts(pages, 'SSE lane');

test('a burst arrives complete and in order on every lane', async () => {
  const page = await pages.open();
  await page.getByRole('button', { name: 'Publish 20' }).click();
  await page.getByText('20 events published').waitFor();
  const texts = Array.from({ length: 20 }, (_, index) => `hello ${20 - index}/20`);
  for (const title of pages.titles) {
    const lane = pages.pane(title);
    await lane.pane.locator('.counters dd', { hasText: /^20$/ }).waitFor();
    const events = await lane.events();
    expect(events.map(({ id }) => Number(id.split('.')[1]))).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
    // The texts too: they were sent in this order, and each got its id before the next was sent.
    expect(events.map(({ data }) => data)).toEqual(texts);
  }
}, 30_000);

test('a refused publication shows the message of the server', async () => {
  const page = await pages.open();
  await page.getByLabel('Type').fill('bad type');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.locator('.outcome.failed', { hasText: '"bad type"' }).waitFor();
}, 30_000);

test('an EventSource of the page streams after the given id, with the session cookie', async () => {
  const page = await pages.open();
  const first = await publish(pages.urls.http, pages.channel, 'seen');
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
    { name: pages.channel, headers: authorization(), after: first.id },
  );
  const { id } = await publish(pages.urls.http, pages.channel, 'streamed');
  expect(await received).toEqual({ status: 204, data: 'streamed', lastEventId: id });
}, 30_000);

test('over HTTP/2 the stream shares the connection of the page', async () => {
  await pages.open({}, pages.urls.https);
  await pages.pane('SSE lane').pane.getByText("HTTP/2, sharing the page's connection").waitFor();
  await pages.publish('over h2');
  await pages.pane('SSE lane').event('over h2').waitFor();
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
    const page = await pages.open({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce' });
    const screenshot = (moment: string) =>
      page.screenshot({ path: join(ARTIFACTS, `console-${colorScheme}-${width}-${moment}.png`), fullPage: true });
    await screenshot('empty');
    await pages.publish('{"order":"A-1093","lines":[{"sku":"chair","count":2},{"sku":"lamp","count":1}]}');
    await pages.publish('A long text that has to wrap. '.repeat(30));
    for (const title of pages.titles) await pages.pane(title).event('A long text').waitFor();
    for (const title of pages.titles) await pages.pane(title).cut();
    for (const data of ['missed 1', 'missed 2']) await pages.publish(data);
    await screenshot('cut');
    for (const title of pages.titles) await pages.pane(title).notice('2 events replayed').waitFor();
    await screenshot('resumed');
    await page.getByRole('button', { name: 'Publish 20' }).click();
    for (const title of pages.titles) await pages.pane(title).event('20/20').waitFor();
    await screenshot('busy');

    expect(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)).toBe(false);
  },
  60_000,
);
