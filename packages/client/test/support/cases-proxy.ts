import type { Status } from '../../src/index.ts';
import { equal, numbered, record, until, untilSeen } from './checks.ts';
import type { Case } from './control.ts';

/** `auto` behind proxies. */
export const PROXY_CASES: readonly Case[] = [
  {
    name: 'falls back to polling when a proxy buffers the stream, and returns to the stream',
    transports: ['auto'],
    async run({ connect, server, channel }) {
      await server.set({ holdStreams: true });
      const subscription = connect({ firstBytesTimeoutMs: 500, streamRetryMs: 300, pollWaitSeconds: 0 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      equal(subscription.status.transport, 'poll', 'transport');
      await server.publish(channel, 'polled');
      await untilSeen(seen, ['polled'], 'events by polling');
      await server.set({ holdStreams: false });
      // On a slow machine a stream that nothing holds back may be late, too: then it polls once more.
      await until(() => subscription.status.status === 'live' && subscription.status.transport === 'sse', 'a stream again');
      await server.publish(channel, 'streamed');
      await untilSeen(seen, ['polled', 'streamed'], 'events after the proxy');
    },
  },
  ...(['its first 60 bytes', 'padding of its own', 'its first chunk'] as const).map(
    (passes): Case => ({
      name: `falls back to polling when a proxy passes of a stream ${passes}, and returns to the stream`,
      transports: ['auto'],
      async run({ connect, server, channel }) {
        const url = await server.startProxy(passes);
        const subscription = connect({ url, silenceTimeoutMs: 300, streamRetryMs: 300, pollWaitSeconds: 0 }).subscribe(channel);
        const seen = record(subscription);
        const polled = new Set<Status['transport']>();
        subscription.addEventListener('status', ({ detail }) => {
          if (detail.status === 'live') polled.add(detail.transport);
        });
        await until(() => polled.has('poll'), 'live by polling');
        const expected = numbered('held', 1, 20);
        for (const data of expected) await server.publish(channel, data);
        await untilSeen(seen, expected, 'events behind the proxy');
        await server.freeProxy();
        await until(() => subscription.status.status === 'live' && subscription.status.transport === 'sse', 'a stream again');
        await server.publish(channel, 'streamed');
        await untilSeen(seen, [...expected, 'streamed'], 'events by stream');
      },
    }),
  ),
];
