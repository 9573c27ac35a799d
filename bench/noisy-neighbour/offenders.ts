import { setTimeout as sleep } from 'node:timers/promises';
import { publishEvent, type Service } from './publishing.ts';
import { openReader } from './reader.ts';

/** Clients that a service has to survive, until they are stopped. */
export interface Offenders {
  /** Requests of the client that floods so far. */
  readonly requests: () => number;
  /** Bytes of data that were published for the client that does not read. */
  readonly unreadBytes: () => number;
  stop(): Promise<void>;
}

export interface OffenderOptions {
  readonly service: Service;
  /** A channel of their own: what the one publishes there, the other does not read. */
  readonly channel: string;
  /** Size of a publication. */
  readonly dataBytes: number;
  /** Publications per second. @default as many as are answered */
  readonly publicationsPerSecond?: number;
}

/**
 * One client that opens a stream and stops reading, and so does not even notice when it is cut off; and one that floods: it
 * publishes, and beside that opens streams, drops them and sends nonsense, each as fast as it is answered.
 */
export async function startOffenders({ service, channel, dataBytes, publicationsPerSecond }: OffenderOptions): Promise<Offenders> {
  const stopped = new AbortController();
  const { signal } = stopped;
  let requests = 0;
  let unreadBytes = 0;
  const data = 'x'.repeat(dataBytes);
  const ignore = () => undefined;
  const stuck = await openReader({ service, channel, onEvent: ignore });
  stuck.stopReading();
  const repeat = async (pauseMs: number, act: () => Promise<unknown>) => {
    for (let nextMs = performance.now() + pauseMs; !signal.aborted; nextMs += pauseMs) {
      await act().catch(() => sleep(100));
      requests++;
      if (pauseMs > 0) await sleep(Math.max(0, nextMs - performance.now()));
    }
  };
  const flooding = [
    repeat(publicationsPerSecond === undefined ? 0 : 1_000 / publicationsPerSecond, async () => {
      if ((await publishEvent(service, channel, data)) !== undefined) unreadBytes += dataBytes;
    }),
    repeat(0, async () => (await openReader({ service, channel: `${channel}.dropped`, onEvent: ignore })).close()),
    // No channel has such a name.
    repeat(0, () => publishEvent(service, '$', data)),
  ];
  return {
    requests: () => requests,
    unreadBytes: () => unreadBytes,
    stop: async () => {
      stopped.abort();
      stuck.close();
      await Promise.all(flooding);
    },
  };
}
