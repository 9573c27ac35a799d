import { join } from 'node:path';
import { collectPageErrors, launchBrowser } from '../../../console/test/browser.ts';
import { until } from '../support/checks.ts';
import { StubServer } from '../support/stub-server.ts';

/** Opens a built app in a browser, and waits until it shows an event. @throws if the page reports an error */
export async function openInBrowser(files: string): Promise<void> {
  const server = await StubServer.start();
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const errors = collectPageErrors(page);
    // The app seems to come from the stub server: Chromium lets no page of elsewhere reach an address of this machine.
    await page.route(/\/(app|assets\/.*)$/, (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(files, pathname === '/app' ? 'index.html' : pathname) });
    });
    await page.goto(`${server.url}/app`);
    await until(async () => (await server.stats()).streams === 1, 'the page streams');
    await server.publish('orders', 'shown in a browser');
    await page.getByText('shown in a browser').waitFor();
    if (errors.length > 0) throw new Error(`the page reports: ${errors.join('; ')}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}
