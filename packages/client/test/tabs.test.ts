import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { until } from '../../../test/support/until.ts';
import { launchBrowser } from '../../console/test/browser.ts';
import { connect } from '../src/index.ts';
import { shareTabs } from '../src/tabs.ts';
import { StubServer } from './support/stub-server.ts';

/** Tabs of one browser. Locks need a page whose origin the browser trusts, so the stub serves it. */

const bundle = buildSync({
  stdin: {
    contents: `
      import { connect } from './index.ts';
      import { shareTabs } from './tabs.ts';
      globalThis.openTab = (url, user, channel, transport = 'sse', beatMs = 30_000) => {
        const share = shareTabs(user, { beatMs });
        globalThis.seen = [];
        globalThis.connection = connect({ url, transport, share, reconnectMinMs: 10, reconnectMaxMs: 100, pollIntervalMs: 5 });
        globalThis.subscription = connection.subscribe(channel);
        subscription.addEventListener('event', ({ detail }) => seen.push(detail.data));
        subscription.addEventListener('latest', ({ detail }) => seen.push(detail.key + (detail.removed ? ' is gone' : ' ' + detail.data)));
        subscription.addEventListener('reset', ({ detail }) => seen.push('reset: ' + detail.reason));
        return subscription.ready;
      };
    `,
    resolveDir: join(import.meta.dirname, '../src'),
  },
  bundle: true,
  format: 'iife',
  write: false,
}).outputFiles[0]?.text;

interface Tab extends Window {
  readonly openTab: (url: string, user: string, channel: string, transport?: string, beatMs?: number) => Promise<void>;
  readonly seen: readonly string[];
  readonly subscription: {
    readonly cursor: string | undefined;
    readonly status: { readonly status: string; readonly error?: Error };
    close(): void;
  };
  readonly connection: { close(): void };
}
declare const window: Tab;

let browser: Browser;
let context: BrowserContext;
let server: StubServer;

beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);

afterAll(() => browser.close());

beforeEach(async () => {
  server = await StubServer.start();
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await server.stop();
});

/** A tab whose beat a frozen leader misses soon. Others never take over because this machine is slow. */
const openBeatingTab = () => openTab('ada', 'orders', 'sse', 1_000);

async function openTab(user = 'ada', channel = 'orders', transport = 'sse', beatMs = 30_000): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/page`);
  await page.addScriptTag({ content: bundle ?? '' });
  await page.evaluate((args) => window.openTab(...args), [server.url, user, channel, transport, beatMs] as const);
  return page;
}

const seenIn = (page: Page) => page.evaluate(() => window.seen);

async function untilSeen(pages: readonly Page[], expected: readonly string[]): Promise<void> {
  for (const page of pages) {
    await until(`${expected.length} items`, async () => (await seenIn(page)).length >= expected.length);
    expect(await seenIn(page)).toEqual(expected);
  }
}

/**
 * Nothing runs in the page until it is thawed, and messages to it wait, as in a page that the browser has frozen. (Chromium
 * does not freeze a page in front, even if told to.)
 * @returns thaws it
 */
async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await context.newCDPSession(page);
  await session.send('Debugger.enable');
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  await session.send('Debugger.pause');
  // It stops at the next statement, at the latest with the next beat.
  await paused;
  return async () => {
    await session.send('Debugger.resume');
    await session.detach();
  };
}

/** Its process ends: nothing in the page can react. */
async function kill(page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

const publish = async (...data: readonly string[]) => {
  for (const text of data) await server.publish('orders', text);
};

const streams = async () => (await server.stats()).streams;

/** Those of tabs that have gone may still be closing, and tabs that were behind may still have one of their own. */
const untilStreams = (count: number) => until(`${count} stream`, async () => (await streams()) === count);

describe('tabs of one user', () => {
  test('share one stream, and each gets every event once', async () => {
    const pages = [await openTab(), await openTab(), await openTab()];
    await publish('one', 'two');
    await untilSeen(pages, ['one', 'two']);
    expect(await streams()).toBe(1);
    expect((await server.stats()).opened).toBe(1);
  });

  test('lose nothing when the leader closes', async () => {
    const [leader, ...others] = [await openTab(), await openTab(), await openTab()] as const;
    await publish('one');
    await untilSeen(others, ['one']);
    await leader.close();
    await publish('two');
    await untilSeen(others, ['one', 'two']);
    await untilStreams(1);
  });

  test('lose nothing when the leader freezes, and it follows when it wakes', async () => {
    const [leader, ...others] = [await openBeatingTab(), await openBeatingTab(), await openBeatingTab()] as const;
    await publish('one');
    await untilSeen([leader, ...others], ['one']);
    const thaw = await freeze(leader);
    await publish('two', 'three');
    await untilSeen(others, ['one', 'two', 'three']);
    // That of the leader, and that of its successor.
    expect((await server.stats()).opened).toBe(2);
    await thaw();
    await publish('four');
    await untilSeen([leader, ...others], ['one', 'two', 'three', 'four']);
    await untilStreams(1);
  });

  test('get what they missed when they come back behind the others', async () => {
    const leader = await openBeatingTab();
    const behind = await openBeatingTab();
    await publish('one');
    await untilSeen([leader, behind], ['one']);
    const thaw = await freeze(behind);
    await publish('two', 'three');
    await untilSeen([leader], ['one', 'two', 'three']);
    await leader.close();
    await thaw();
    await publish('four');
    await untilSeen([behind], ['one', 'two', 'three', 'four']);
  });

  test('hold the same of a latest channel, whoever leads', async () => {
    const [first, second] = [await openTab('ada', 'latest.prices'), await openTab('ada', 'latest.prices')] as const;
    await server.put('latest.prices', 'acme', '1');
    await server.put('latest.prices', 'beta', '2');
    await untilSeen([first, second], ['acme 1', 'beta 2']);
    const third = await openTab('ada', 'latest.prices');
    await untilSeen([third], ['acme 1', 'beta 2']);
    await first.close();
    await server.put('latest.prices', 'acme', '3');
    await untilSeen([second, third], ['acme 1', 'beta 2', 'acme 3']);
    await server.put('latest.prices', 'beta', undefined);
    await untilSeen([second, third], ['acme 1', 'beta 2', 'acme 3', 'beta is gone']);
  });

  test('are told of a reset, and continue after it', async () => {
    const pages = [await openTab(), await openTab()];
    await publish('one');
    await untilSeen(pages, ['one']);
    await server.wipe('orders');
    await publish('lost with its epoch');
    await server.cut();
    await untilSeen(pages, ['one', 'reset: epoch_changed']);
    await publish('two');
    await untilSeen(pages, ['one', 'reset: epoch_changed', 'two']);
  });

  test('have subscriptions of their own to other channels, and close them with the last tab that has one', async () => {
    const leader = await openTab();
    const other = await openTab('ada', 'news');
    await server.publish('news', 'new');
    await untilSeen([other], ['new']);
    expect(await seenIn(leader)).toEqual([]);
    expect(await streams()).toBe(2);
    await other.evaluate(() => window.connection.close());
    await untilStreams(1);
  });

  test('are rid of the subscriptions of a tab that was killed', async () => {
    await openTab();
    const other = await openTab('ada', 'news');
    expect(await streams()).toBe(2);
    await kill(other);
    await untilStreams(1);
  });

  test('hear that a channel is forbidden', async () => {
    await openTab();
    const page = await context.newPage();
    await page.goto(`${server.url}/page`);
    await page.addScriptTag({ content: bundle ?? '' });
    const ready = page.evaluate(([url]) => window.openTab(url, 'ada', 'forbidden'), [server.url] as const);
    await expect(ready).rejects.toThrow(/"forbidden" is not allowed/);
  });

  test.each(['poll', 'auto'])('share over %s as well', async (transport) => {
    const pages = [await openTab('ada', 'orders', transport), await openTab('ada', 'orders', transport)];
    await publish('one', 'two');
    await untilSeen(pages, ['one', 'two']);
    const { streams: open, polls } = await server.stats();
    expect(open + polls).toBeLessThanOrEqual(1);
  });
});

test('tabs of two users share nothing', async () => {
  const pages = [await openTab('ada'), await openTab('bob')];
  await publish('one');
  await untilSeen(pages, ['one']);
  expect(await streams()).toBe(2);
});

test('twelve tabs get 1,000 events each once over one stream, while three leaders are killed', async () => {
  const pages: Page[] = [];
  for (let tab = 0; tab < 12; tab++) pages.push(await openTab());
  const sent = Array.from({ length: 1_000 }, (_, n) => `event ${n}`);
  for (const [index, data] of sent.entries()) {
    await publish(data);
    // The first of those that are left leads: locks are given in the order in which they are asked for.
    if (index % 300 === 299) await kill(pages.shift() as Page);
  }
  await untilSeen(pages, sent);
  expect(pages).toHaveLength(9);
  await untilStreams(1);
}, 120_000);

test.each([undefined, '', 7])('without a user, %s, nothing is shared', (user) => {
  expect(() => shareTabs(user as string)).toThrow(/needs the user/);
});

test('where there are no locks, a tab has its own stream', () => {
  const host = { url: server.url, connect: () => connect({ url: server.url }) };
  const { navigator } = globalThis;
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  try {
    expect(shareTabs('ada')(host)).toBeUndefined();
  } finally {
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  }
});
