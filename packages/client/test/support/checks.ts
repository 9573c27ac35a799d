import { PATIENCE_MS } from '../../../../test/support/patience.ts';
import type { ChannelItem, Subscription } from '../../src/index.ts';
import type { ServerControl } from './control.ts';

const LOOK_AGAIN_MS = 5;

/** Both as JSON. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

export function truthy(value: unknown, what: string): void {
  if (!value) throw new Error(`${what}: got ${value}`);
}

/** Looks until it holds; fails with what was looked for when it does not in time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  deadlineMs = PATIENCE_MS,
): Promise<void> {
  const startedAtMs = Date.now();
  while (!(await holds())) {
    if (Date.now() - startedAtMs > deadlineMs) throw new Error(`not in ${deadlineMs} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Long enough for what should not happen: a timer that fires at once does so many times. */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** An error is expected: resolves with what was thrown. */
export async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

/** Everything that a subscription's listeners get, as text: the data of an event, `<key>=<data>`, `<key> removed`, `reset: <reason>`. */
export function record(subscription: Subscription): string[] {
  const seen: string[] = [];
  subscription.addEventListener('event', ({ detail }) => seen.push(toText(detail)));
  subscription.addEventListener('latest', ({ detail }) => seen.push(toText(detail)));
  subscription.addEventListener('reset', ({ detail }) => seen.push(toText(detail)));
  return seen;
}

export function toText(item: ChannelItem): string {
  if (item.kind === 'event') return item.data;
  if (item.kind === 'reset') return `reset: ${item.reason}`;
  return item.removed ? `${item.key} removed` : `${item.key}=${item.data}`;
}

export async function untilSeen(seen: readonly string[], expected: readonly string[], what: string): Promise<void> {
  await until(
    () => seen.length >= expected.length,
    () => `${what}: ${expected.length} items, got ${JSON.stringify(seen)}`,
  );
  equal(seen, expected, what);
}

/** Waits until the server has received two more pings: by then, the periodic check of a socket has run at least once. */
export async function untilChecked(server: ServerControl): Promise<void> {
  const { pings } = await server.stats();
  await until(async () => (await server.stats()).pings >= pings + 2, 'pings');
}

/** `name 1`, `name 2`, … */
export function numbered(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${name} ${from + index}`);
}

export async function publishAll(server: ServerControl, channel: string, data: readonly string[]): Promise<void> {
  for (const text of data) await server.publish(channel, text);
}
