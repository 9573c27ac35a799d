import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { collectPageErrors, lanePane, launchBrowser } from '../../../../packages/console/test/browser.ts';
import { freshChannel } from '../../support/clients.ts';
import { type Run, type RunUrls, startRun } from '../../support/run.ts';
import { publish } from './streams.ts';

export type PaneTitle = Parameters<typeof lanePane>[1];

/** Titles of the panes that the console shows: one for each lane that the run has. */
export function paneTitles({ http, websocket }: RunUrls): readonly PaneTitle[] {
  return [...(websocket === '' ? [] : (['WebSocket lane'] as const)), ...(http === '' ? [] : (['SSE lane'] as const))];
}

/** A page of the console for each test of a file, against one run. A test fails where its page has reported errors. */
export class ConsolePages {
  /** Of the page that is open. */
  channel = '';
  #run: Run | undefined;
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;
  #page: Page | undefined;
  #errors: readonly string[] = [];

  constructor() {
    beforeAll(async () => {
      [this.#run, this.#browser] = await Promise.all([startRun(), launchBrowser()]);
    }, 60_000);

    afterAll(async () => {
      await this.#browser?.close();
      await this.#run?.stop();
    }, 30_000);

    beforeEach(() => {
      this.channel = freshChannel('console');
      this.#errors = [];
    });

    afterEach(async () => {
      expect(this.#errors).toEqual([]);
      await this.#context?.close();
    });
  }

  get urls(): RunUrls {
    return present(this.#run).urls;
  }

  get titles(): readonly PaneTitle[] {
    return paneTitles(this.urls);
  }

  get page(): Page {
    return present(this.#page);
  }

  /** A context without a page: its requests take the certificate of the local run. */
  async newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    // The local run makes its certificate at start, so nobody has signed it.
    this.#context = await present(this.#browser).newContext({
      viewport: { width: 1280, height: 860 },
      ignoreHTTPSErrors: true,
      ...options,
    });
    this.#context.setDefaultTimeout(15_000);
    return this.#context;
  }

  /** An empty page. */
  async newPage(options?: BrowserContextOptions): Promise<Page> {
    const context = await this.newContext(options);
    this.#page = await context.newPage();
    this.#errors = collectPageErrors(this.#page);
    return this.#page;
  }

  /** The console, with every lane live. */
  async open(options?: BrowserContextOptions, base = this.urls.console): Promise<Page> {
    const page = await this.newPage(options);
    await page.goto(`${base}/?channel=${this.channel}`);
    for (const title of this.titles) await this.pane(title).live();
    return page;
  }

  pane(title: PaneTitle) {
    return lanePane(this.page, title);
  }

  /** Publishes by POST, past the page. */
  publish(data: string) {
    return publish(this.urls.http, this.channel, data);
  }

  /** For a test that has caused some. */
  forgetErrors(): void {
    this.#errors = collectPageErrors(this.page);
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was not started');
  return value;
}

/** Tests of a lane that is cut on the page. */
export function testCuts(pages: ConsolePages, title: PaneTitle): void {
  test(`the ${title}, cut while events are published, resumes with each of them once and in order`, async () => {
    await pages.open();
    const lane = pages.pane(title);
    const before = await pages.publish('before');
    await lane.event('before').waitFor();
    await lane.cut();
    for (const data of ['missed 1', 'missed 2', 'missed 3']) await pages.publish(data);
    await lane.notice(`Resumed after ${before.id}, 3 events replayed`).waitFor();
    await pages.publish('after');
    await lane.event('after').waitFor();

    expect((await lane.events()).map(({ data, replayed }) => [data, replayed])).toEqual([
      ['after', false],
      ['missed 3', true],
      ['missed 2', true],
      ['missed 1', true],
      ['before', false],
    ]);
  }, 30_000);

  test(`the ${title}, cut before any event, resumes with the first ones`, async () => {
    await pages.open();
    const lane = pages.pane(title);
    await lane.cut();
    await pages.publish('first');
    await lane.resumeNow();
    await lane.notice('1 event replayed').waitFor();
    expect((await lane.events()).map(({ data }) => data)).toEqual(['first']);
  }, 30_000);
}
