import { expect, test } from '@jest/globals';
import { ConsolePages, testCuts } from '../sse/support/console-pages.ts';
import { authorization } from '../support/clients.ts';

const pages = new ConsolePages();

test('the page may connect to the WebSocket API', async () => {
  const context = await pages.newContext();
  const policy = (await context.request.get(pages.urls.console)).headers()['content-security-policy'] ?? '';
  const connect = policy.split('; ').find((directive) => directive.startsWith('connect-src '));
  expect(connect?.split(' ')).toContain(pages.urls.websocket);
});

test('one publish on the page shows with the same id and its latency on both lanes', async () => {
  const page = await pages.open();
  await page.getByLabel('Data').fill('hello from the page');
  await page.getByLabel('Data').press('Enter');
  await page.getByText('published in').waitFor();

  const shown = [];
  for (const title of pages.titles) {
    const lane = pages.pane(title);
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
  const page = await pages.open();
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByLabel('Data').fill('up the socket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  for (const title of pages.titles) await pages.pane(title).event('up the socket').waitFor();
}, 30_000);

testCuts(pages, 'WebSocket lane');

test('an event for a cut WebSocket lane shows that it waits, and then that it was published', async () => {
  const page = await pages.open();
  await page.getByLabel('Send by').selectOption('WebSocket');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('published in').waitFor();
  await pages.pane('WebSocket lane').cut();
  await page.getByLabel('Data').fill('after the cut');
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('Waiting for the connection of the WebSocket lane').waitFor();
  expect(await page.getByText('published in').count()).toBe(0);
  await page.getByText('published in').waitFor();
  for (const title of pages.titles) await pages.pane(title).event('after the cut').waitFor();
}, 30_000);

// The SSE lane learns of the type by the other one.
test('an event of a new type shows on both lanes', async () => {
  await pages.open();
  await pages.publish('known type');
  const response = await fetch(`${pages.urls.http}/v1/channels/${pages.channel}/events`, {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'order.paid', data: 'A-1093' }),
  });
  expect(response.status).toBe(201);
  for (const title of pages.titles) await pages.pane(title).event('A-1093').waitFor();
}, 30_000);
