import { join } from 'node:path';
import { createLog } from '../../../assembly-local/log.ts';
import { type LocalRun, startLocalRun } from '../../../assembly-local/run.ts';
import { synthesize } from '../../../assembly-local/synth.ts';
import { connect } from '../../../client/src/index.ts';
import { present } from '../../../client/src/presence/index.ts';
import { until } from '../../../client/test/support/checks.ts';
import { collectPageErrors, launchBrowser } from '../../../console/test/browser.ts';
import { WatchingProxy } from './watching-proxy.ts';

const ROOM = 'chat';

/**
 * Opens the built app in a browser, against the local run, and uses it.
 * @param files what Vite has built
 * @param assemblyDir where the synthesized app may be written
 * @throws Error if the app does not do what it should
 */
export async function openInBrowser(files: string, assemblyDir: string, signal: AbortSignal): Promise<void> {
  await synthesize(assemblyDir, 'dev', { env: process.env, signal });
  const run = await startLocalRun({ assemblyDir, tasks: 1, log: createLog({ verbose: false }) });
  const { http, websocket } = run.urls;
  const proxy = await WatchingProxy.start(new URL(http || websocket));
  const browser = await launchBrowser();
  const server = new URL(http || websocket);
  server.port = `${proxy.port}`;
  const token = await tokenOf(run, 'ann');
  const where = { [http === '' ? 'websocketUrl' : 'url']: server.href.replace(/\/$/, ''), token };
  const publisher = connect(where);
  try {
    const page = await browser.newPage();
    const errors = collectPageErrors(page);
    // The app seems to come from the server: Chromium lets no page of elsewhere reach an address of this machine.
    await page.route(/\/(app|assets\/[^/]*)$/, (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(files, pathname === '/app' ? 'index.html' : pathname) });
    });
    await page.goto(`http://${server.host}/app#${new URLSearchParams({ ...where, room: ROOM })}`);
    await page.getByRole('status').getByText('live').waitFor();
    await publisher.publish(ROOM, { data: 'from elsewhere' });
    await page.getByText('from elsewhere').waitFor();
    await page.getByLabel('Text').fill('from here');
    await page.getByLabel('Text').press('Enter');
    await page.getByText('from here').waitFor();
    await publisher.publish(ROOM, { data: 'the end' });
    await page.getByText('the end').waitFor();
    const shown = await page.getByRole('listitem').allTextContents();
    const expected = ['from elsewhere', 'from here', 'the end'];
    if (shown.map((text) => text.trim()).join() !== expected.join()) throw new Error(`the page shows ${JSON.stringify(shown)}`);
    await until(
      () => proxy.readers === 1,
      () => `one stream in StrictMode, not ${proxy.readers}`,
    );

    const other = connect({ ...where, token: await tokenOf(run, 'bob') }).subscribe(ROOM);
    const bob = present(other);
    await page
      .getByTitle('Present')
      .getByText(/^(ann, bob|bob, ann)$/)
      .waitFor();
    bob.leave();
    await page.getByTitle('Present').getByText(/^ann$/).waitFor();
    other.close();

    await page.getByRole('button', { name: 'Leave' }).click();
    // A socket stays, for what comes next.
    if (http !== '')
      await until(
        () => proxy.readers === 0,
        () => `no stream after unmounting, not ${proxy.readers}`,
      );
    if (errors.length > 0) throw new Error(`the page reports: ${errors.join('; ')}`);
  } finally {
    publisher.close();
    await browser.close();
    await run.close();
    await proxy.stop();
  }
}

/** A token of a user, that allows everything. */
async function tokenOf({ urls }: LocalRun, subject: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', subject });
  const response = await fetch(`${urls.endpoint}/issuer/token`, { method: 'POST', body });
  return ((await response.json()) as { readonly access_token: string }).access_token;
}
