import { setTimeout as sleep } from 'node:timers/promises';
import { publishEvent } from '../publishing.ts';
import { openReader, startReader } from '../reader.ts';
import { type Attack, isOneUser, type Offender, type OffenderKind, Tally, userOf } from './offender.ts';

/** Each client does one thing after the other, so a user with several of them floods more. */
const CLIENTS = { oneUser: 1, many: 8 };

export interface FloodOptions {
  /** Of their own: what the one publishes there, the other does not read. */
  readonly channel: string;
  /** Size of a publication. */
  readonly dataBytes: number;
  /** Publications a second of each client. @default as many as are answered */
  readonly publicationsPerSecond?: number;
}

/** Clients that flood. */
export interface Flood extends Offender {
  /** Bytes of data that were published for the client that does not read. */
  readonly unreadBytes: () => number;
}

/**
 * A client that opens a stream and stops reading, and so does not even notice when it is cut off; and clients that flood: they
 * publish there, and beside that open streams, drop them and send nonsense, each as fast as it is answered.
 */
export function startFlood(attack: Attack, { channel, dataBytes, publicationsPerSecond }: FloodOptions): Flood {
  const stopped = new AbortController();
  const { signal } = stopped;
  const tally = new Tally();
  const data = 'x'.repeat(dataBytes);
  const ignore = () => undefined;
  const stuck = startReader({ service: userOf(attack, 0), channels: [channel], onEvent: ignore });
  stuck.opened.then(() => stuck.stopReading(), ignore);
  let sent = 0;
  let unreadBytes = 0;
  const repeat = async (name: string, pauseMs: number, act: (index: number) => Promise<unknown>) => {
    for (let nextMs = performance.now() + pauseMs; !signal.aborted; nextMs += pauseMs) {
      await act(sent++).then(
        () => tally.add(name),
        () => sleep(100),
      );
      if (pauseMs > 0) await sleep(Math.max(0, nextMs - performance.now()));
    }
  };
  const publishPauseMs = publicationsPerSecond === undefined ? 0 : 1_000 / publicationsPerSecond;
  const flooding = Array.from({ length: isOneUser(attack) ? CLIENTS.oneUser : CLIENTS.many }, () => [
    repeat('published', publishPauseMs, async (index) => {
      if ((await publishEvent(userOf(attack, index), channel, data)) !== undefined) unreadBytes += dataBytes;
    }),
    repeat('dropped', 0, async (index) => {
      (await openReader({ service: userOf(attack, index), channels: [`${channel}.dropped`], onEvent: ignore })).close();
    }),
    // No channel has such a name.
    repeat('nonsense', 0, (index) => publishEvent(userOf(attack, index), '$', data)),
  ]).flat();
  return {
    outcomes: () => tally.read(),
    unreadBytes: () => unreadBytes,
    stop: async () => {
      stopped.abort();
      stuck.close();
      await Promise.all(flooding);
    },
  };
}

/** Requests as fast as they are answered, in every way that a client can make them. */
export const flood: OffenderKind = {
  finding: '',
  title: 'a flood of requests, and a stream that nobody reads',
  // One user may publish 50 a second through a task in production.
  start: (attack) => startFlood(attack, { channel: 'noise.flood', dataBytes: 16_384, publicationsPerSecond: 10 }),
};
