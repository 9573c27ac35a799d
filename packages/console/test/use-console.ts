import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildConsole } from '../build.ts';
import { collectPageErrors, launchBrowser } from './browser.ts';

export interface ConsoleInBrowser {
  /** Where the console was built. */
  readonly directory: string;
  /** An empty page, new for each test. */
  readonly page: Page;
}

/**
 * Builds the console and starts a browser for the tests of a file. A test fails if its page has reported errors.
 * Pages share a context, which takes longer to create than a page: their storage is separate, because each test's
 * server has its own origin.
 */
export function useConsole(): ConsoleInBrowser {
  const directory = mkdtempSync(join(tmpdir(), 'lanes-console-'));
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    buildConsole(directory);
    browser = await launchBrowser();
    // On a machine without a locale Chromium's language is en-US@posix, which its own Intl refuses.
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-US' });
    context.setDefaultTimeout(10_000);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    page = await context.newPage();
    errors = collectPageErrors(page);
  });

  afterEach(async () => {
    await page.close();
    expect(errors).toEqual([]);
  });

  return {
    directory,
    get page() {
      return page;
    },
  };
}
