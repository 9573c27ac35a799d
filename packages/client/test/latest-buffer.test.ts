import { expect, test } from '@jest/globals';
import { Emitter } from '../src/emitter.ts';
import { MAX_BUFFERED_KEYS } from '../src/latest.ts';
import { DEFAULTS } from '../src/options.ts';
import { LaneSubscription } from '../src/subscription.ts';
import type { ChannelLatest } from '../src/types.ts';
import { until } from './support/checks.ts';

const CHANNEL = 'latest.prices';

const item = (key: string, data: string): ChannelLatest => ({
  kind: 'latest',
  channel: CHANNEL,
  key,
  version: `1.${data}`,
  type: 'message',
  data,
  publishedAt: '2026-11-30T00:00:00.000Z',
});

/** Nobody reads it. */
function unread() {
  const statuses: string[] = [];
  const subscription = new LaneSubscription(
    CHANNEL,
    {},
    {
      options: { ...DEFAULTS, bufferLimit: 10 },
      environment: new Emitter(),
      activeTransport: () => 'sse',
      follow: (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      changed: ({ status }) => statuses.push(status),
      report() {},
      ended() {},
    },
  );
  return { subscription, statuses };
}

test('of a latest channel the newest item of each key waits, and only more keys than a channel can have pause it', async () => {
  const { subscription, statuses } = unread();
  await until(() => statuses.includes('connecting'), 'connecting');
  const keys = Array.from({ length: MAX_BUFFERED_KEYS }, (_, nth) => `k${nth}`);
  for (const data of ['1', '2', '3']) subscription.take(keys.slice(1).map((key) => item(key, data)));
  subscription.live();
  expect(statuses.at(-1)).toBe('live');
  subscription.take([item('k0', '3')]);
  await until(() => statuses.at(-1) === 'paused', 'paused');
  const got: string[] = [];
  for await (const next of subscription) if (next.kind === 'latest' && got.push(`${next.key}=${next.data}`) === keys.length) break;
  expect(got.sort()).toEqual(keys.map((key) => `${key}=3`).sort());
});
