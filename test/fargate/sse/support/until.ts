import { setImmediate } from 'node:timers/promises';
import { PATIENCE_MS } from '../../../support/patience.ts';

/** Lets the event loop turn until the value is there. Rejects when it does not come. */
export async function until<Value>(probe: () => Value | undefined | false, what = probe.toString()): Promise<Value> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await setImmediate();
  }
}

/** Lets everything run that is ready to run: for showing that something does not happen. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 25; turn++) await setImmediate();
}
