import { expect, test } from '@jest/globals';
import { assemblyDir } from '../../../test/e2e/support/run.ts';
import { measureStorm } from '../../sse/storm/storm.ts';
import { readTaskSettings } from '../../sse/task/settings.ts';
import { startTaskIssuer } from '../../sse/task/task-process.ts';

/** However many streams a channel has. */
const MOST_READS_PER_CHANNEL = 2;

test('streams that come back to a task that has just started get what they have missed, and cost few reads of each channel', async () => {
  const issuer = await startTaskIssuer();
  try {
    const result = await measureStorm({
      settings: readTaskSettings(assemblyDir()),
      issuer,
      streams: 600,
      channels: 30,
      users: 600,
      rate: 50,
      logLatencyMs: 2,
      signal: new AbortController().signal,
    });
    expect({ failures: result.failures, behind: result.behind }).toEqual({ failures: {}, behind: 0 });
    expect(result.mostReadsOfChannel).toBeLessThanOrEqual(MOST_READS_PER_CHANNEL);
  } finally {
    issuer.close();
  }
}, 180_000);
