import { expect, test } from '@jest/globals';
import { accessReportDir, assemblyDir } from '../../../test/e2e/support/run.ts';
import { runChaos } from '../../both/chaos/driver.ts';
import { formatReport, isKept } from '../../both/chaos/report.ts';

const SECONDS = 20;
const LIMIT_MS = 240_000;

/** One of every kind of subscriber. */
const SUBSCRIBERS = 17;

test(
  'every promise is kept while everything fails that may fail, and nothing is left behind',
  async () => {
    const quiet = { detail: () => undefined, notice: () => undefined };
    const result = await runChaos(
      {
        seconds: SECONDS,
        events: undefined,
        seed: 20,
        tasks: 2,
        channels: 3,
        publishers: 5,
        subscribers: SUBSCRIBERS,
        assemblyDir: assemblyDir(),
        accessReportDir: accessReportDir(),
        log: quiet,
        onProgress: () => undefined,
      },
      new AbortController().signal,
    );
    if (!isKept(result)) throw new Error(formatReport(result, 10));
    // It was not idle.
    const { faults, verdict } = result;
    expect(result.acknowledged).toBeGreaterThan(20);
    expect(verdict.deliveries).toBeGreaterThan(100);
    expect(result.latest.acknowledged).toBeGreaterThan(0);
    expect(result.latest.deliveries).toBeGreaterThan(20);
    expect(result.ephemeral.answered).toBeGreaterThan(0);
    expect(result.ephemeral.deliveries).toBeGreaterThan(20);
    expect(faults.sum('cut.')).toBeGreaterThan(20);
    expect(faults.get('task.killed') + faults.get('task.rolled')).toBeGreaterThan(0);
    expect(faults.sum('notification.') / faults.get('notifications')).toBeGreaterThan(0.1);
    expect(faults.sum('database.')).toBeGreaterThan(0);
  },
  LIMIT_MS,
);
