import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A headless Chromium from an npm package: nothing else must be installed, and it runs as root in a container. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Errors of the page, in order, except broken connections, which tests cause on purpose. */
export function collectPageErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/net::ERR_|WebSocket connection to|Failed to load resource/.test(message.text())) {
      errors.push(message.text());
    }
  });
  return errors;
}

export interface ShownEvent {
  readonly id: string;
  readonly data: string;
  readonly latency: string;
  readonly replayed: boolean;
}

/** One lane of the console as a user sees it. */
export function lanePane(page: Page, title: 'WebSocket lane' | 'SSE lane') {
  const pane = page.getByRole('region', { name: title, exact: true });
  return {
    pane,
    live: () => pane.locator('.pill', { hasText: /^Live$/ }).waitFor(),
    cut: () => pane.getByRole('button', { name: `Cut the ${title}` }).click(),
    resumeNow: () => pane.getByRole('button', { name: `Resume the ${title} now` }).click(),
    event: (data: string) => pane.locator('.event', { hasText: data }),
    notice: (text: string | RegExp) => pane.locator('.notice', { hasText: text }),
    counter: (name: string) => pane.locator('.counters div', { hasText: name }).locator('dd'),
    /** Newest first. */
    events: (): Promise<readonly ShownEvent[]> =>
      pane.locator('.event').evaluateAll((rows) =>
        rows.map((row) => ({
          id: row.querySelector('.id')?.textContent ?? '',
          data: row.querySelector('.text')?.textContent ?? '',
          latency: row.querySelector('.latency')?.textContent ?? '',
          replayed: row.querySelector('.badge') !== null,
        })),
      ),
  };
}
