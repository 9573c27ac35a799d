import { setTimeout as sleep } from 'node:timers/promises';
import { publishEvent } from '../publishing.ts';
import { openReader, startReader } from '../reader.ts';
import { isOneUser, type OffenderKind, Tally, userOf } from './offender.ts';

/** A service that has to be asked for one thing after the other is not flooded by a client that waits for each. */
const CLIENTS = { oneUser: 1, many: 8 };

const DATA_BYTES = 16_384;

/** What one user may publish through a task in production is 50. */
const PUBLICATIONS_PER_SECOND = 10;

/**
 * A client that opens a stream and stops reading, and so does not even notice when it is cut off; and clients that flood: they
 * publish there, and beside that open streams, drop them and send nonsense, each as fast as it is answered.
 */
export const flood: OffenderKind = {
  finding: '',
  title: 'a flood of requests, and a stream that nobody reads',
  start: (attack) => {
    const stopped = new AbortController();
    const { signal } = stopped;
    const tally = new Tally();
    const data = 'x'.repeat(DATA_BYTES);
    const ignore = () => undefined;
    const stuck = startReader({ service: userOf(attack, 0), channels: ['noise.flood'], onEvent: ignore });
    stuck.opened.then(() => stuck.stopReading(), ignore);
    let sent = 0;
    const repeat = async (name: string, pauseMs: number, act: (index: number) => Promise<unknown>) => {
      for (let nextMs = performance.now() + pauseMs; !signal.aborted; nextMs += pauseMs) {
        await act(sent++).then(
          () => tally.add(name),
          () => sleep(100),
        );
        if (pauseMs > 0) await sleep(Math.max(0, nextMs - performance.now()));
      }
    };
    const flooding = Array.from({ length: isOneUser(attack) ? CLIENTS.oneUser : CLIENTS.many }, () => [
      repeat('published', 1_000 / PUBLICATIONS_PER_SECOND, (index) => publishEvent(userOf(attack, index), 'noise.flood', data)),
      repeat('dropped', 0, async (index) =>
        (await openReader({ service: userOf(attack, index), channels: ['noise.dropped'], onEvent: ignore })).close(),
      ),
      // No channel has such a name.
      repeat('nonsense', 0, (index) => publishEvent(userOf(attack, index), '$', data)),
    ]).flat();
    return {
      outcomes: () => tally.read(),
      stop: async () => {
        stopped.abort();
        stuck.close();
        await Promise.all(flooding);
      },
    };
  },
};
