import { expect, test } from '@jest/globals';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { startLocalRun } from '../../../packages/assembly-local/run.ts';
import { launchBrowser } from '../../../packages/console/test/browser.ts';
import { accessReportDir, assemblyDir } from '../../../test/e2e/support/run.ts';
import { countEventSources, countWebSocketChannels } from '../../both/claims/connections.ts';

/** As docs/which.md has it. */
test("a browser's 100 streams over HTTP/2 share a connection as far as the load balancer, and 100 channels share a WebSocket", async () => {
  const log = createLog({ verbose: false, write: () => undefined });
  const run = await startLocalRun({ assemblyDir: assemblyDir(), accessReportDir: accessReportDir(), tasks: 1, log });
  try {
    const browser = await launchBrowser();
    try {
      expect(await countEventSources(browser, run, run.urls.https, 'HTTP/2', 100)).toMatchObject({
        open: 100,
        atTheFront: 1,
        atTheTask: 100,
      });
    } finally {
      await browser.close();
    }
    expect(await countWebSocketChannels(run, 100)).toMatchObject({ open: 100, atTheFront: 1 });
  } finally {
    await run.close();
  }
}, 120_000);
