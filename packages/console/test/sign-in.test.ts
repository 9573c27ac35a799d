import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { lanePane } from './browser.ts';
import { StubIssuer } from './stub-issuer.ts';
import { StubServer } from './stub-server.ts';
import { useConsole } from './use-console.ts';

const DISCOVERY = '/.well-known/openid-configuration';

// Each test waits for what the page shows; a busy machine may take long to load a page.
jest.setTimeout(30_000);

const built = useConsole();

let issuer: StubIssuer;
let server: StubServer;
let page: Page;

beforeEach(async () => {
  page = built.page;
  issuer = await StubIssuer.start();
  server = await StubServer.start({ consoleDir: built.directory, signIn: { issuer: issuer.url, clientId: 'client-1' } });
}, 30_000);

afterEach(async () => {
  await server.close();
  await issuer.close();
});

const open = (path = '/') => page.goto(server.url + path);
const signedIn = () => lanePane(page, 'SSE lane').live();
const problem = () => page.getByRole('alert');
const tryAgain = () => page.getByRole('button', { name: 'Try again' }).click();
const times = (path: string) => issuer.asked.filter((asked) => asked === path).length;

async function shows(text: string | RegExp): Promise<void> {
  await problem().filter({ hasText: text }).waitFor();
}

/** Checks that only the user can continue: whatever the page does by itself, it does before it is idle. */
async function staysPut(): Promise<void> {
  const before = issuer.asked.length;
  await page.waitForLoadState('networkidle');
  expect(issuer.asked.length).toBe(before);
}

test('signs in without a question, and leaves nothing of it in the address', async () => {
  await open('/?channel=orders');
  await signedIn();
  expect(page.url()).toBe(`${server.url}/?channel=orders`);
  expect(issuer.asked).toEqual([DISCOVERY, '/authorize', DISCOVERY, '/token']);
});

test('access_denied is shown in words, asked for once, and again only by the user', async () => {
  issuer.sendBackWith({ error: 'access_denied', error_description: 'Ann may not use this.' });
  await open('/?channel=orders');
  await shows('Access was denied: the sign-in was cancelled, or this user may not use the application.');
  await shows('The issuer says: Ann may not use this (access_denied).');
  await staysPut();
  expect(times('/authorize')).toBe(1);
  expect(page.url()).toBe(`${server.url}/?channel=orders`);

  issuer.instead.clear();
  await tryAgain();
  await signedIn();
  expect(times('/authorize')).toBe(2);
  expect(page.url()).toBe(`${server.url}/?channel=orders`);
});

test('an error that the page has no words for is shown as the issuer says it', async () => {
  issuer.sendBackWith({ error: 'invalid_scope', error_description: 'openid is not enabled' });
  await open();
  await shows('The issuer refused the sign-in. The issuer says: openid is not enabled (invalid_scope).');
});

describe('an answer of the issuer that this tab has not asked for', () => {
  test.each([
    ['of another state', { state: 'forged', code: 'stolen' }],
    ['with another issuer', { code: 'mixed-up', iss: 'https://other.example' }],
  ])('%s is not taken', async (_, answer) => {
    issuer.sendBackWith(answer as unknown as Record<string, string>);
    await open();
    await shows('belongs to no sign-in that this tab has begun');
    await staysPut();
    expect(times('/token')).toBe(0);
    issuer.instead.clear();
    await tryAgain();
    await signedIn();
  });

  test('opened as a bookmark is not taken, and not kept in the address', async () => {
    await open('/?channel=orders&code=old&state=old');
    await shows('belongs to no sign-in that this tab has begun');
    await staysPut();
    expect(issuer.asked).toEqual([]);
    expect(page.url()).toBe(`${server.url}/?channel=orders`);
  });

  test('shows its code, and no text that anybody may have written', async () => {
    await open('/?error=access_denied&error_description=Call+0900+123');
    await shows('access_denied');
    expect(await problem().textContent()).not.toContain('0900');
    await staysPut();
    expect(issuer.asked).toEqual([]);
  });
});

describe('the token endpoint', () => {
  test('that knows the code no more says so', async () => {
    issuer.answer('/token', 400, { error: 'invalid_grant', error_description: 'code expired' });
    await open();
    await shows('The sign-in took too long, or its code was used before. The issuer says: code expired (invalid_grant).');
    await staysPut();
    expect(times('/token')).toBe(1);
    issuer.instead.clear();
    await tryAgain();
    await signedIn();
  });

  test('that fails shows its status', async () => {
    issuer.answer('/token', 500, 'oops');
    await open();
    await shows('gave an answer that this page cannot use (HTTP status 500)');
    await staysPut();
    expect(times('/token')).toBe(1);
  });

  test('that cannot be reached is not asked again', async () => {
    issuer.instead.set('/token', (request) => request.socket.destroy());
    await open();
    await shows(`The issuer ${issuer.url} cannot be reached.`);
    await staysPut();
    // Chromium itself repeats a request whose kept connection was closed without an answer.
    expect(times('/authorize')).toBe(1);
  });
});

describe('the discovery document', () => {
  test('of an issuer that cannot be reached is asked for again by the user', async () => {
    issuer.instead.set(DISCOVERY, (request) => request.socket.destroy());
    await open();
    await shows(`The issuer ${issuer.url} cannot be reached.`);
    await staysPut();
    issuer.instead.clear();
    await tryAgain();
    await signedIn();
  });

  test.each([
    ['that is not there', 404, {}, 'gave an answer that this page cannot use (HTTP status 404)'],
    ['of another issuer', 200, { issuer: 'https://other.example' }, 'names another issuer'],
  ])('%s', async (_, status, body, text) => {
    issuer.answer(DISCOVERY, status, body);
    await open();
    await shows(text);
    await staysPut();
    expect(issuer.asked).toEqual([DISCOVERY]);
  });

  test('without an endpoint to sign in at', async () => {
    issuer.answer(DISCOVERY, 200, { issuer: issuer.url });
    await open();
    await shows('has no authorization_endpoint');
  });
});

test('a deployment that refuses the token says why, and is asked again with a renewed one', async () => {
  server.refuseTokens = true;
  await open();
  const sse = lanePane(page, 'SSE lane');
  await sse.notice('the token is of another audience (unauthorized)').waitFor();
  await sse.pane.locator('.pill', { hasText: /^Stopped$/ }).waitFor();
  // The first token, and two to replace it.
  expect(times('/token')).toBe(3);
  server.refuseTokens = false;
  await page.reload();
  await signedIn();
});

test('a reload in the middle of it begins anew', async () => {
  const asked = new Promise<void>((resolve) => issuer.instead.set('/token', () => resolve()));
  await open('/?channel=orders');
  await asked;
  issuer.instead.clear();
  await page.reload();
  await signedIn();
  expect(page.url()).toBe(`${server.url}/?channel=orders`);
});

test('the back button leads to the page before the console, not into another sign-in', async () => {
  const before = `${issuer.url}/.well-known/jwks.json`;
  await page.goto(before);
  await open();
  await signedIn();
  await page.goBack();
  expect(page.url()).toBe(before);
  expect(times('/authorize')).toBe(1);
});

test('whoever stays on the page although it goes to the issuer can go again', async () => {
  // A response without content leaves the browser on its page.
  issuer.instead.set('/authorize', (_, response) => response.writeHead(204).end());
  await open();
  await page.getByText(`Going to ${new URL(issuer.url).host}.`).waitFor();
  issuer.instead.clear();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await signedIn();
});

test('a sign-in that the issuer does not renew ends with a word and a button, and is asked for once', async () => {
  // A token is renewed some seconds before it expires, so the first lane that asks finds this one too old.
  const answered = { access_token: 'short', token_type: 'Bearer', expires_in: 1, refresh_token: 'used' };
  issuer.answer('/token', 200, answered);
  await page.route('**/token', async (route) => {
    const isRenewal = route.request().postData()?.includes('grant_type=refresh_token') === true;
    if (isRenewal) issuer.answer('/token', 400, { error: 'invalid_grant', error_description: 'signed out elsewhere' });
    await route.continue();
  });
  await open();
  await shows('The sign-in has ended. The issuer says: signed out elsewhere (invalid_grant).');
  for (const title of ['WebSocket lane', 'SSE lane'] as const) {
    await lanePane(page, title)
      .pane.locator('.pill', { hasText: /^Stopped$/ })
      .waitFor();
    expect(await lanePane(page, title).notice('Stopped: the sign-in has ended').count()).toBe(1);
  }
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.locator('.outcome.failed').waitFor();
  expect(times('/token')).toBe(2);

  await page.unroute('**/token');
  issuer.instead.clear();
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await signedIn();
  expect(await problem().filter({ hasText: 'ended' }).count()).toBe(0);
});

test.each([
  [1280, 860],
  [360, 760],
])('at %i by %i pixels nothing scrolls sideways', async (width, height) => {
  await page.setViewportSize({ width, height });
  issuer.sendBackWith({ error: 'access_denied', error_description: `w${'o'.repeat(200)}rd` });
  await open();
  await shows('Access was denied');
  expect(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)).toBe(false);
});
