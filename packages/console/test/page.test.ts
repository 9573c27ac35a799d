import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { lanePane } from './browser.ts';
import { StubServer } from './stub-server.ts';
import { useConsole } from './use-console.ts';

// Each test waits for what the page shows; a busy machine may take long to load a page.
jest.setTimeout(30_000);

const built = useConsole();

let stub: StubServer;
let page: Page;
let requests: URL[];

const websocket = () => lanePane(page, 'WebSocket lane');
const sse = () => lanePane(page, 'SSE lane');
const lanes = () => [websocket(), sse()];

async function openPage(server: StubServer, path = '/'): Promise<void> {
  await page.goto(server.url + path);
}

async function openLivePage(path = '/'): Promise<void> {
  await openPage(stub, path);
  for (const lane of lanes()) await lane.live();
}

const scrollsSideways = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

beforeEach(async () => {
  page = built.page;
  stub = await StubServer.start({ consoleDir: built.directory });
  requests = [];
  page.on('request', (request) => requests.push(new URL(request.url())));
});

afterEach(() => stub.close());

test('the page asks no other host for anything', async () => {
  await openLivePage();
  expect(requests.length).toBeGreaterThan(4);
  for (const request of requests) expect(request.host).toBe(new URL(stub.url).host);
});

test('an event published on the page by Enter shows with one id in both panes, with latency', async () => {
  await openLivePage();
  await page.getByLabel('Data').fill('from the page');
  await page.getByLabel('Data').press('Enter');

  await page.getByText('k3f9.1 published in').waitFor();
  for (const lane of lanes()) {
    await lane.event('from the page').waitFor();
    expect(await lane.events()).toEqual([
      { id: 'k3f9.1', data: 'from the page', latency: expect.stringMatching(/^-?\d+ ms$/), replayed: false },
    ]);
  }
});

test('older events are loaded into each pane, below the newest, until there are none', async () => {
  for (let n = 1; n <= 60; n++) stub.publish('demo', `old ${n}`);
  await openLivePage();
  stub.publish('demo', 'new');
  for (const [lane, title] of [
    [websocket(), 'WebSocket lane'],
    [sse(), 'SSE lane'],
  ] as const) {
    await lane.event('new').waitFor();
    const older = page.getByRole('button', { name: `Load older events on the ${title}` });
    await older.click();
    await lane.pane.locator('.event').nth(50).waitFor();
    await older.click();
    await lane.pane.locator('.event').nth(60).waitFor();
    await older.click();
    await older.waitFor({ state: 'detached' });
    const shown = (await lane.events()).map(({ data }) => data);
    expect(shown).toEqual(['new', ...Array.from({ length: 60 }, (_, index) => `old ${60 - index}`)]);
  }
});

test('Shift+Enter breaks the line instead of publishing', async () => {
  await openLivePage();
  await page.getByLabel('Data').fill('one');
  await page.getByLabel('Data').press('Shift+Enter');
  await page.getByLabel('Data').pressSequentially('two');
  await page.getByLabel('Data').press('Enter');
  await sse().event('two').waitFor();
  expect(await sse().events()).toMatchObject([{ data: 'one\ntwo' }]);
});

test('a burst publishes 20 events', async () => {
  await openLivePage();
  await page.getByRole('button', { name: 'Publish 20' }).click();
  for (const lane of lanes()) {
    await lane.event('20/20').waitFor();
    await expect(lane.counter('received').textContent()).resolves.toBe('20');
  }
  await page.getByText('20 events published').waitFor();
});

test('a burst sends each event when the one before has its id, and shows how far it is', async () => {
  await openLivePage();
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  stub.beforePublishing = (data) => {
    begun.push(data);
    const gate = Promise.withResolvers<void>();
    gates.set(data, gate);
    return gate.promise;
  };
  const release = async (data: string) => {
    while (!gates.has(data)) await page.evaluate(() => new Promise(requestAnimationFrame));
    gates.get(data)?.resolve();
  };
  await page.getByRole('button', { name: 'Publish 20' }).click();
  await page.getByText('Publishing: 0 of 20 published …').waitFor();
  await release('hello 1/20');
  await page.getByText('Publishing: 1 of 20 published …').waitFor();
  await release('hello 2/20');
  await page.getByText('Publishing: 2 of 20 published …').waitFor();
  expect(begun.slice(0, 2)).toEqual(['hello 1/20', 'hello 2/20']);
  expect(begun.length).toBeLessThanOrEqual(3);
  for (let index = 3; index <= 20; index++) await release(`hello ${index}/20`);
  await page.getByText('20 events published').waitFor();
  expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => `hello ${index + 1}/20`));
});

test('a burst stops at the first event that fails, and says how far it came', async () => {
  await openLivePage();
  stub.refuseData = 'hello 4/20';
  await page.getByRole('button', { name: 'Publish 20' }).click();
  await page
    .locator('.outcome.failed', { hasText: '3 of 20 published, then: your token does not allow this. The 16 behind it were not sent.' })
    .waitFor();
  await sse().event('hello 3/20').waitFor();
  expect((await sse().events()).map(({ data }) => data)).toEqual(['hello 3/20', 'hello 2/20', 'hello 1/20']);
});

test('an event for a WebSocket lane that is cut waits, says so, and goes out with the connection', async () => {
  await openLivePage();
  const outcome = page.locator('.outcome');
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await outcome.filter({ hasText: 'k3f9.1 published in' }).waitFor();
  await websocket().cut();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await outcome.filter({ hasText: 'Waiting for the connection of the WebSocket lane …' }).waitFor();
  expect(await outcome.textContent()).not.toContain('published');
  await websocket().resumeNow();
  await outcome.filter({ hasText: 'k3f9.2 published in' }).waitFor();
});

test('an event can be sent up the WebSocket', async () => {
  await openLivePage();
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('k3f9.1 published in').waitFor();
  await sse().event('hello').waitFor();
  expect(requests.filter(({ pathname }) => pathname.startsWith('/v1/channels'))).toEqual([]);
});

test("what the server says about bad input is shown in the server's words", async () => {
  await openLivePage();
  await page.getByLabel('Type').fill('bad type');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('type "bad type" is not valid').waitFor();
});

test.each(['WebSocket lane', 'SSE lane'] as const)('the %s, cut, resumes with what it missed, in order and once', async (title) => {
  await openLivePage();
  const lane = lanePane(page, title);
  stub.publish('demo', 'before');
  await lane.event('before').waitFor();
  await lane.cut();
  for (const data of ['missed 1', 'missed 2', 'missed 3']) stub.publish('demo', data);
  await lane.resumeNow();
  await lane.notice('Resumed after k3f9.1, 3 events replayed').waitFor();
  stub.publish('demo', 'after');
  await lane.event('after').waitFor();

  expect((await lane.events()).map(({ data, replayed }) => [data, replayed])).toEqual([
    ['after', false],
    ['missed 3', true],
    ['missed 2', true],
    ['missed 1', true],
    ['before', false],
  ]);
  await expect(lane.counter('reconnects').textContent()).resolves.toBe('1');
});

test.each(['WebSocket lane', 'SSE lane'] as const)('the %s comes back by itself when the server drops it', async (title) => {
  await openLivePage();
  const lane = lanePane(page, title);
  stub.publish('demo', 'before');
  await lane.event('before').waitFor();
  if (title === 'SSE lane') stub.dropStreams();
  else stub.dropSockets();
  stub.publish('demo', 'meanwhile');
  await lane.notice('Connection lost after k3f9.1').waitFor();
  await lane.notice('Resumed after k3f9.1, 1 event replayed').waitFor();
  expect((await lane.events()).map(({ data }) => data)).toEqual(['meanwhile', 'before']);
});

test('what the WebSocket lane loses on the way is mended', async () => {
  await openLivePage();
  stub.lostOnWebSocket.add('k3f9.1');
  stub.publish('demo', 'lost');
  stub.publish('demo', 'arrived');
  await websocket().notice('Gap after k3f9.0 mended, 1 event asked for again').waitFor();
  expect((await websocket().events()).map(({ data }) => data)).toEqual(['arrived', 'lost']);
  await expect(websocket().counter('gaps mended').textContent()).resolves.toBe('1');
});

test('an event of a type that nobody named before shows on the SSE lane too', async () => {
  await openLivePage();
  stub.publish('demo', 'paid', 'order.paid');
  await sse().event('paid').waitFor();
  expect(await sse().events()).toEqual([{ id: 'k3f9.1', data: 'paid', latency: expect.stringContaining('s'), replayed: false }]);
});

test('a reset is shown on both lanes', async () => {
  await openLivePage();
  stub.refuseResume = true;
  for (const lane of lanes()) {
    await lane.cut();
    await lane.resumeNow();
    await lane.notice('Reset: what was missed is older than the log keeps').waitFor();
  }
});

test('a latest channel shows the newest version of each key on both lanes, and can be published to', async () => {
  stub.put('latest.prices', 'gold', '4100');
  await openLivePage('/?channel=latest.prices');
  const shown = (lane: ReturnType<typeof lanePane>) =>
    lane.pane.locator('.latest tbody tr').evaluateAll((rows) => rows.map((row) => row.textContent));
  for (const lane of lanes()) await lane.pane.locator('[data-key=gold]', { hasText: '4100' }).waitFor();

  await page.getByRole('textbox', { name: /^Key/ }).fill('silver');
  for (const [route, data] of [
    ['post', '48'],
    ['websocket', '49'],
  ] as const) {
    await page.getByLabel('Send by').selectOption(route);
    await page.getByLabel('Data').fill(data);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    for (const lane of lanes()) await lane.pane.locator('[data-key=silver]', { hasText: data }).waitFor();
  }
  await page.getByText('2.2 published in').waitFor();
  for (const lane of lanes()) expect(await shown(lane)).toEqual(['gold1.1message4100', 'silver2.2message49']);

  await page.getByRole('button', { name: 'Remove key' }).click();
  for (const lane of lanes()) await lane.pane.locator('[data-key=silver]').waitFor({ state: 'detached' });
  stub.put('latest.prices', 'gold', '4102');
  for (const lane of lanes()) await lane.pane.locator('[data-key=gold]', { hasText: '4102' }).waitFor();
});

test('markup in an event is text', async () => {
  await openLivePage();
  const data = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  stub.publish('demo', data);
  for (const lane of lanes()) {
    await lane.event('<img').waitFor();
    expect(await lane.events()).toMatchObject([{ data }]);
    await expect(lane.pane.locator('.event img, .event script').count()).resolves.toBe(0);
  }
});

test('long data is folded, and unfolds on demand', async () => {
  await openLivePage();
  stub.publish('demo', 'x'.repeat(5000));
  await sse().pane.getByRole('button', { name: 'Show all 5,000 characters' }).click();
  await sse().pane.getByRole('button', { name: 'Show less' }).waitFor();
  expect((await sse().events())[0]?.data).toHaveLength(5000);
  await sse().pane.getByRole('button', { name: 'Show less' }).click();
  await sse().pane.getByRole('button', { name: 'Show all' }).waitFor();
  expect((await sse().events())[0]?.data.length).toBeLessThan(300);
});

test('a bad channel name is refused beside its field, a good one opens and stays in the address', async () => {
  await openLivePage();
  await page.getByLabel('Channel').fill('bad name');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('alert').filter({ hasText: 'letters, digits' }).waitFor();
  // Waits, because the alert and the field are rendered one after the other.
  await page.locator('input[aria-invalid="true"]').waitFor();

  await page.getByLabel('Channel').fill('orders:eu');
  await page.getByLabel('Channel').press('Enter');
  for (const lane of lanes()) await lane.live();
  stub.publish('demo', 'of the old channel');
  stub.publish('orders:eu', 'of the new channel');
  for (const lane of lanes()) {
    await lane.event('of the new channel').waitFor();
    expect(await lane.events()).toHaveLength(1);
  }
  expect(new URL(page.url()).searchParams.get('channel')).toBe('orders:eu');
});

test.each([
  ['sse', 'WebSocket lane', 'SSE lane'],
  ['websocket', 'SSE lane', 'WebSocket lane'],
] as const)('with the %s lane alone, the page works, and claims no %s', async (only, absent, present) => {
  const half = await StubServer.start({ consoleDir: built.directory, lanes: [only] });
  await openPage(half);
  await lanePane(page, present).live();
  const said = lanePane(page, absent).pane.getByText('This lane is not deployed here.');
  // A missing SSE lane shows only when it is requested; a missing WebSocket lane is known from the configuration.
  if (only === 'websocket') await said.waitFor();
  else expect(await lanePane(page, absent).pane.count()).toBe(0);
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await lanePane(page, present).event('hello').waitFor();
  expect(await scrollsSideways()).toBe(false);
  await half.close();
});

test.each([
  [1280, 860],
  [360, 760],
])('at %i by %i pixels, with the longest words, nothing scrolls sideways', async (width, height) => {
  await page.setViewportSize({ width, height });
  const channel = 'c'.repeat(128);
  await openLivePage(`/?channel=${channel}`);
  expect(await scrollsSideways()).toBe(false);
  stub.publish(channel, 'w'.repeat(250), 't'.repeat(128));
  for (const lane of lanes()) {
    await lane.event('wwww').waitFor();
    expect(await lane.pane.locator('.events').evaluate((list) => list.scrollWidth > list.clientWidth)).toBe(false);
  }
  expect(await scrollsSideways()).toBe(false);
});

test('stacked at phone width, side by side on a desktop', async () => {
  await openLivePage();
  const tops = async () => Promise.all(lanes().map(async ({ pane }) => (await pane.boundingBox())?.y));
  const [left, right] = await tops();
  expect(left).toBe(right);
  await page.setViewportSize({ width: 360, height: 760 });
  const [upper, lower] = await tops();
  expect(lower).toBeGreaterThan(upper ?? 0);
});

test('everything can be reached and worked by keyboard', async () => {
  await openLivePage();
  stub.publish('demo', 'one');
  for (const lane of lanes()) await lane.event('one').waitFor();
  const reached: string[] = [];
  for (let step = 0; step < 15; step++) {
    await page.keyboard.press('Tab');
    reached.push(
      await page.evaluate(() => {
        const focused = document.activeElement;
        return focused?.getAttribute('aria-label') ?? focused?.id ?? '';
      }),
    );
  }
  expect(reached.filter((name) => name !== '')).toEqual([
    'channel',
    'type',
    'conflation-key',
    'data',
    'route',
    'Cut the WebSocket lane',
    'Events on the WebSocket lane, newest first',
    'Load older events on the WebSocket lane',
    'Cut the SSE lane',
    'Events on the SSE lane, newest first',
    'Load older events on the SSE lane',
  ]);

  const cut = websocket().pane.getByRole('button', { name: 'Cut the WebSocket lane' });
  await cut.focus();
  await page.keyboard.press('Enter');
  await websocket().pane.getByRole('button', { name: 'Resume the WebSocket lane now' }).waitFor();
  await page.keyboard.press('Enter');
  await websocket().live();
});
