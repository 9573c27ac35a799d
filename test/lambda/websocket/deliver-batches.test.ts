import { expect, test } from '@jest/globals';
import type { ServerFrame } from '../../../packages/protocol/index.ts';
import { channelEvent, connectionIds, notified, notifiedTogether, openFanOut, queued } from './support/fan-out.ts';

/** The data in each frame that a connection has got. */
function framesOf(sent: readonly ServerFrame[]): readonly (string | readonly string[])[] {
  return sent.map((frame) => {
    if (frame.kind === 'event') return frame.data;
    return frame.kind === 'events' ? frame.events.map(({ data }) => data) : frame.kind;
  });
}

async function acceptingSeveral(...parameters: Parameters<typeof openFanOut>) {
  const fanOut = await openFanOut(...parameters);
  for (const [channel, ids] of Object.entries(parameters[0])) for (const id of ids) await fanOut.store.subscribe(id, channel, true);
  return fanOut;
}

test('events published together come in one frame to who accepts that, and one by one to others', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  await fanOut.store.subscribe('c2', 'demo', true);
  expect(await fanOut.deliver([notifiedTogether([1, 2, 3])])).toMatchObject({ deliveries: 6, unfinished: [] });
  expect(framesOf(fanOut.poster.sentTo('c1'))).toEqual(['demo-1', 'demo-2', 'demo-3']);
  expect(framesOf(fanOut.poster.sentTo('c2'))).toEqual([['demo-1', 'demo-2', 'demo-3']]);
});

test('notifications of one channel stay in order', async () => {
  const fanOut = await acceptingSeveral({ demo: ['c1'] });
  await fanOut.deliver([notified(1), notifiedTogether([2, 3]), notified(4)]);
  expect(framesOf(fanOut.poster.sentTo('c1'))).toEqual(['demo-1', ['demo-2', 'demo-3'], 'demo-4']);
});

test('further parts of a large channel become jobs with all of the events', async () => {
  const subscribers = connectionIds(600);
  const fanOut = await acceptingSeveral({ demo: subscribers }, undefined, 200);
  await fanOut.deliver([notifiedTogether([1, 2])]);
  const [queuedJob] = fanOut.queue.jobs;
  expect(queuedJob?.job.events).toEqual([channelEvent(1), channelEvent(2)]);
  if (queuedJob !== undefined) await fanOut.deliver([queued(queuedJob.job)]);
  expect(subscribers.filter((id) => framesOf(fanOut.poster.sentTo(id)).flat().join() !== 'demo-1,demo-2')).toEqual([]);
});

test('a connection that takes only some of the frames gets all of them again', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, (_, nth) => ({ kind: nth < 2 ? 'sent' : 'throttled' }));
  expect(await fanOut.deliver([notifiedTogether([1, 2, 3])])).toMatchObject({ deliveries: 0, unfinished: [] });
  expect(fanOut.queue.jobs.map(({ job }) => [job.events.length, job.attempt])).toEqual([[3, 2]]);
});

test('a connection that is gone is forgotten once', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, () => ({ kind: 'gone' }));
  expect(await fanOut.deliver([notifiedTogether([1, 2, 3])])).toMatchObject({ goneConnections: 1 });
  expect(await fanOut.subscribersOf()).toEqual([]);
});

test('each event counts for the latency', async () => {
  const fanOut = await acceptingSeveral({ demo: ['c1'] });
  expect((await fanOut.deliver([notifiedTogether([1, 2, 3])])).latenciesMs).toHaveLength(3);
});
