import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { optionOf } from '../../../planner/src/options.ts';
import { plan } from '../../../planner/src/plan.ts';
import { PRESETS, workloadOf } from '../../../planner/src/presets.ts';
import type { PresetId } from '../../../planner/src/workload.ts';
import { buildPlanPage, PLAN_PAGE } from '../../build-plan-page.ts';
import { StubServer } from '../stub-server.ts';
import { useConsole } from '../use-console.ts';

// Each test waits for what the page shows; a loaded machine takes its time for a page load.
jest.setTimeout(60_000);

const built = useConsole();

let stub: StubServer;
let page: Page;

beforeEach(async () => {
  page = built.page;
  stub = await StubServer.start({ consoleDir: built.directory });
});

afterEach(() => stub.close());

const verdict = () => page.locator('.verdict[aria-busy="false"]');
const slider = (label: string) => page.getByRole('slider', { name: label, exact: true });
const field = (label: string) => page.getByRole('spinbutton', { name: label, exact: true });
const scrollsSideways = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** What the planner itself says to a preset. */
function expectedOf(preset: PresetId): string {
  const { recommendation } = plan(workloadOf(preset), '2026-12-01');
  switch (recommendation.kind) {
    case 'recommended':
      return `Recommended ${optionOf(recommendation.option).label}`;
    case 'undecided':
      return `Undecided ${optionOf(recommendation.between[0]).label}, or`;
    case 'none':
      return 'none of these fits';
  }
}

const shows = (preset: PresetId) =>
  verdict()
    .filter({ hasText: expectedOf(preset) })
    .waitFor();

test('the console leads to the planner', async () => {
  await page.goto(stub.url);
  await page.getByRole('link', { name: 'What will it cost?' }).click();
  await page.getByRole('heading', { name: 'realtime-lanes planner' }).waitFor();
  await shows('live-feed');
});

describe.each([
  ['desktop', { width: 1280, height: 860 }],
  ['phone', { width: 375, height: 740 }],
])('on a %s', (_name, size) => {
  beforeEach(async () => {
    await page.setViewportSize(size);
    await page.goto(`${stub.url}/plan.html`);
    await shows('live-feed');
  });

  test('another use case has another recommendation and another address', async () => {
    const other: PresetId = 'idle-dev';
    expect(expectedOf(other)).not.toBe(expectedOf('live-feed'));
    await page.getByRole('radio', { name: PRESETS[other].label }).check();

    await shows(other);
    await page.waitForURL(/#preset=idle-dev&/);
  });

  test('the arrow keys move a slider, and what depends on it', async () => {
    await slider('Connections at peak').press('ArrowRight');

    await page.waitForURL(/connections=25000&averageConnections=6250&.*fanOut=6250&/);
    expect(await slider('Connections at peak').getAttribute('aria-valuetext')).toBe('25,000 connections');
    expect(await field('Connections at peak').inputValue()).toBe('25000');
  });

  test('nothing is wider than the page, with everything open', async () => {
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByRole('table', { name: 'Bill' }).first().waitFor();
    expect(await scrollsSideways()).toBe(false);
  });
});

test('a number that is not valid is told at its field, and the plan stays', async () => {
  await page.goto(`${stub.url}/plan.html#preset=chat`);
  await shows('chat');
  await field('Fan-out').fill('20000');

  await page.getByText('This is not valid: use at most the 10000 connections at peak, or raise those. The plan is of 20.').waitFor();
  await field('Fan-out').and(page.locator('[aria-invalid="true"]')).waitFor();
  await shows('chat');

  await field('Fan-out').fill('30');
  await page.waitForURL(/fanOut=30&/);
  await field('Fan-out').and(page.locator('[aria-invalid="false"]')).waitFor();
});

test('a link with values that are not valid says which, and opens with those of the preset', async () => {
  await page.goto(`${stub.url}/plan.html#preset=chat&connections=-5&eventBytes=500`);
  await page.getByRole('alert').filter({ hasText: 'connections "-5" is not valid: use a whole number from 1 to 100000000' }).waitFor();

  expect(await field('Connections at peak').inputValue()).toBe('10000');
  expect(await field('Event size').inputValue()).toBe('500');
});

test('a link can be pasted over another', async () => {
  await page.goto(`${stub.url}/plan.html#preset=chat`);
  await shows('chat');
  await page.goto(`${stub.url}/plan.html#preset=idle-dev`);
  await shows('idle-dev');
});

test('the copied link opens the same plan', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stub.url });
  await page.goto(`${stub.url}/plan.html#preset=chat`);
  await page.getByRole('checkbox', { name: 'data is bytes' }).check();
  await page.getByRole('combobox', { name: 'USD a month along' }).selectOption('Fan-out');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  await page.goto('about:blank');
  await page.goto(link);
  expect(await page.getByRole('checkbox', { name: 'data is bytes' }).isChecked()).toBe(true);
  expect(await page.getByRole('combobox', { name: 'USD a month along' }).inputValue()).toBe('fanOut');
});

test('each number of a bill has its source, its date, and how far it can be trusted', async () => {
  await page.goto(`${stub.url}/plan.html#preset=chat`);
  await page.locator('.cost summary').first().click();
  const rows = page.getByRole('table', { name: 'Bill' }).getByRole('row');
  await rows.nth(1).waitFor();

  for (const row of (await rows.allTextContents()).slice(1))
    expect(row).toMatch(/(documented|measured|assumed) .+ · .+ · 20\d\d-\d\d-\d\d/);
});

test('the plot is told in words, and as a table', async () => {
  await page.goto(`${stub.url}/plan.html#preset=live-feed&along=eventsPerSecond`);
  await page.locator('.plot canvas').waitFor();
  await page.getByText('The plot as a table').click();

  const table = page.getByRole('region', { name: 'USD a month along Events' });
  expect(await table.getByRole('row').count()).toBe(10);
  expect(await table.getByRole('columnheader').allTextContents()).toEqual(['events a second', ...(await compared()), 'best fit']);
});

/** In the order of the plot's lines, which is that of the bars. */
async function compared(): Promise<readonly string[]> {
  const boxes = await page.locator('.compared label').all();
  const chosen = await Promise.all(
    boxes.map(async (box) => ((await box.getByRole('checkbox').isChecked()) ? ((await box.textContent()) ?? '').trim() : '')),
  );
  const costs = await page.locator('.cost strong').allTextContents();
  return costs.filter((label) => chosen.includes(label));
}

test('as one file it opens from disk, loads nothing else, and keeps its inputs in the address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanes-plan-'));
  try {
    buildPlanPage(folder);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(join(folder, PLAN_PAGE)).href;
    await page.goto(url);
    await shows('live-feed');
    await page.getByRole('radio', { name: 'Chat' }).check();
    await shows('chat');
    await page.waitForURL(/#preset=chat&/);
    await page.reload();
    await shows('chat');

    expect(requests.filter((request) => !request.startsWith(url) && !request.startsWith('data:'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
