import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshChannel, openSse, publish, subscribeSocket } from './support/clients.ts';
import { type Run, startRun } from './support/run.ts';

const EVENTS = 1000;
const CONNECTIONS = 50;
const PUBLISHERS = 8;
const PATIENCE_MS = 240_000;

const seqOf = (id: string) => Number(id.split('.')[1]);

let run: Run;

beforeAll(async () => {
  run = await startRun();
}, 60_000);

afterAll(async () => {
  await run.stop();
}, 30_000);

test(
  '1,000 events reach 50 streams, in order and once, and 50 sockets, every one',
  async () => {
    const channel = freshChannel('scale');
    const streams = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSse(run.urls.http, `channel=${channel}`)));
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => subscribeSocket(run.urls.websocket, channel)));

    let next = 0;
    const acknowledged = new Map<string, string>();
    await Promise.all(
      Array.from({ length: PUBLISHERS }, async () => {
        while (next < EVENTS) {
          const data = `event ${next++}`;
          acknowledged.set((await publish(run.urls.http, channel, data)).id, data);
        }
      }),
    );

    // A publication that had to take a new seq leaves a tombstone behind, so the seqs may have holes.
    const expected = [...acknowledged.keys()].sort((a, b) => seqOf(a) - seqOf(b));
    expect(expected).toHaveLength(EVENTS);
    for (const stream of streams) {
      const events = await stream.events.count(EVENTS, PATIENCE_MS);
      expect(events.map((event) => event.id)).toEqual(expected);
      expect(events.map((event) => event.data)).toEqual(expected.map((id) => acknowledged.get(id)));
    }
    for (const socket of sockets) {
      await socket.frames.until(
        (frames) => new Set(frames.flatMap((frame) => (frame.kind === 'event' ? [frame.id] : []))).size === EVENTS,
        PATIENCE_MS,
      );
    }
    for (const connection of [...streams, ...sockets]) connection.close();
  },
  PATIENCE_MS + 30_000,
);
