import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PostOutcome } from '../../../lambda/websocket/ports.ts';
import { channelEvent, notified, openFanOut, queued } from './support/fan-out.ts';
import { hanging } from './support/scripted-poster.ts';

type Behaviour = PostOutcome['kind'] | 'hangs' | 'throws';

/** What a connection does with its first posts, and with all afterwards. */
const behaviours = fc.record({
  first: fc.array(fc.constantFrom<Behaviour>('sent', 'throttled', 'unavailable', 'hangs', 'throws', 'gone', 'refused'), { maxLength: 4 }),
  afterwards: fc.constantFrom<Behaviour>('sent', 'sent', 'sent', 'throttled', 'unavailable', 'gone', 'refused', 'hangs'),
});

const CHANNELS = ['a', 'b'] as const;

const scenario = fc.record({
  connections: fc.array(fc.record({ channels: fc.subarray([...CHANNELS], { minLength: 1 }), behaviour: behaviours }), {
    minLength: 1,
    maxLength: 8,
  }),
  seqs: fc.array(fc.constantFrom(...CHANNELS), { minLength: 1, maxLength: 6 }),
  postConcurrency: fc.integer({ min: 1, max: 5 }),
  timeMs: fc.integer({ min: 1, max: 5_000 }),
});

function act(behaviour: Behaviour, signal: AbortSignal | undefined): PostOutcome | Promise<PostOutcome> {
  if (behaviour === 'hangs') return hanging(signal);
  if (behaviour === 'throws') throw new Error('no route');
  return behaviour === 'unavailable' || behaviour === 'refused' ? { kind: behaviour, reason: behaviour } : { kind: behaviour };
}

test('whatever connections do: each gets every event, or is gone, or a job or dead letter names it; closed ones are forgotten and left alone', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ connections, seqs, postConcurrency, timeMs }) => {
      const named = connections.map((connection, index) => ({ ...connection, id: `c${index}` }));
      const behaviourOf = new Map(named.map(({ id, behaviour }) => [id, behaviour]));
      const goneIds = new Set<string>();
      const postedAfterGone: string[] = [];
      const fanOut = await openFanOut(
        Object.fromEntries(CHANNELS.map((channel) => [channel, named.filter((c) => c.channels.includes(channel)).map((c) => c.id)])),
        (id, nth, signal) => {
          if (goneIds.has(id)) postedAfterGone.push(id);
          const behaviour = behaviourOf.get(id);
          const step = behaviour?.first[nth - 1] ?? behaviour?.afterwards ?? 'sent';
          if (step === 'gone') goneIds.add(id);
          return act(step, signal);
        },
        postConcurrency,
      );
      const events = seqs.map((channel, index) => channelEvent(index + 1, channel));

      const { unfinished } = await fanOut.deliver(
        events.map(({ seq, channel }) => notified(seq, channel)),
        { timeMs },
      );

      expect(unfinished).toEqual([]);
      expect(postedAfterGone).toEqual([]);
      const handedOver = [...fanOut.queue.jobs.map(({ job }) => job), ...fanOut.queue.deadLetters];
      for (const { id, channels } of named) {
        for (const event of events.filter(({ channel }) => channels.includes(channel as 'a' | 'b'))) {
          const job = handedOver.some(
            (part) => isDeepStrictEqual(part.events[0], event) && part.subscribers.some((s) => s.connectionId === id),
          );
          const settled = fanOut.got(id).includes(event.data) || goneIds.has(id) || job;
          expect([id, event.channel, event.seq, settled]).toEqual([id, event.channel, event.seq, true]);
        }
      }
      for (const channel of CHANNELS) {
        const left = (await fanOut.subscribersOf(channel)).map(({ connectionId }) => connectionId);
        const foundClosed = fanOut.poster.posts.flatMap(({ connectionId, frame, outcome }) =>
          outcome.kind === 'gone' && frame.kind === 'event' && frame.channel === channel ? [connectionId] : [],
        );
        const open = named.filter(({ id, channels }) => channels.includes(channel) && !goneIds.has(id)).map(({ id }) => id);
        expect(left.filter((id) => foundClosed.includes(id))).toEqual([]);
        expect(left).toEqual(expect.arrayContaining(open));
      }
    }),
    { numRuns: 200 },
  );
});

test('jobs run to their end: after every attempt a connection has the event, is forgotten, or is named by a dead letter', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(behaviours, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), async (all, postConcurrency) => {
      const ids = all.map((_, index) => `c${index}`);
      const fanOut = await openFanOut(
        { demo: ids },
        (id, nth, signal) => {
          const behaviour = all[ids.indexOf(id)];
          return act(behaviour?.first[nth - 1] ?? behaviour?.afterwards ?? 'sent', signal);
        },
        postConcurrency,
      );
      await fanOut.deliver([notified(1)], { timeMs: 3000 });
      for (let job = fanOut.queue.jobs.shift()?.job; job !== undefined; job = fanOut.queue.jobs.shift()?.job) {
        await fanOut.deliver([queued(job)], { timeMs: 3000 });
      }
      const subscribed = (await fanOut.subscribersOf()).map(({ connectionId }) => connectionId);
      const dead = fanOut.queue.deadLetters.flatMap(({ subscribers }) => subscribers.map(({ connectionId }) => connectionId));
      for (const id of ids) {
        const ends = [fanOut.got(id).length > 0, dead.includes(id), !subscribed.includes(id)];
        expect([id, ends.filter(Boolean).length]).toEqual([id, 1]);
      }
    }),
    { numRuns: 100 },
  );
});
