import { afterEach, expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../../../backbone/domain/principal.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { HubWorld } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: HubWorld;

afterEach(() => world.hub.close());

const subscriber = (principal?: string) => ({ channels: ['demo'], cursor: undefined, ...(principal === undefined ? {} : { principal }) });

const attach = (principal?: string) => world.hub.attach(subscriber(principal), new FakeSink());

function attached(principal?: string) {
  const attachment = attach(principal);
  if (attachment.kind !== 'attached') throw new Error(attachment.kind);
  return attachment.stream;
}

test('each principal may have this many streams on a task, and no other counts against it', () => {
  world = new HubWorld({ maxStreamsPerPrincipal: 2 });
  attached('ann');
  attached('ann');
  expect(attach('ann')).toEqual({ kind: 'overLimit' });
  attached('bob');
});

test('a stream that ends makes room for another, whoever ended it', () => {
  world = new HubWorld({ maxStreamsPerPrincipal: 1 });
  attached('ann').detach();
  attached('ann').close('slow');
  attached('ann');
  expect(attach('ann')).toEqual({ kind: 'overLimit' });
});

test('a poll counts like a stream until its response is sent', async () => {
  world = new HubWorld({ maxStreamsPerPrincipal: 1 });
  const signal = new AbortController();
  const waiting = world.hub.poll(subscriber('ann'), 20_000, signal.signal);
  expect(attach('ann')).toEqual({ kind: 'overLimit' });
  expect(await world.hub.poll(subscriber('ann'), 0, signal.signal)).toEqual({ kind: 'overLimit' });
  await until(() => world.clock.sleeping > 0);
  await world.clock.advance(20_000);
  const answer = await waiting;
  expect(attach('ann')).toEqual({ kind: 'overLimit' });
  if (answer.kind === 'page') answer.release();
  attached('ann');
});

test('a failed poll does not count forever', async () => {
  world = new HubWorld({ maxStreamsPerPrincipal: 1 });
  const left = new AbortController();
  const waiting = world.hub.poll(subscriber('ann'), 20_000, left.signal);
  left.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  attached('ann');
});

test('the anonymous principal has no limit, because all clients share it', () => {
  world = new HubWorld({ maxStreamsPerPrincipal: 1 });
  for (let count = 0; count < 5; count++) attached(ANONYMOUS);
  attached();
});

test('a full task is full for everybody, and says so first', () => {
  world = new HubWorld({ maxStreams: 1, maxStreamsPerPrincipal: 1 });
  attached('ann');
  expect(attach('ann')).toEqual({ kind: 'full' });
  expect(attach('bob')).toEqual({ kind: 'full' });
});

test('a refused stream does not count against a limit', () => {
  world = new HubWorld({ maxStreams: 2, maxStreamsPerPrincipal: 1 });
  const first = attached('ann');
  attach('ann');
  first.detach();
  attached('ann');
  expect(world.hub.openStreams).toBe(1);
});

test('refusals are counted by their reason', () => {
  world = new HubWorld({ maxStreams: 2, maxStreamsPerPrincipal: 1 });
  attached('ann');
  attach('ann');
  attached('bob');
  attach('carol');
  attach('carol');
  expect(world.hub.takeCounts()).toMatchObject({ refusedOverLimit: 1, refusedFull: 2 });
  expect(world.hub.takeCounts()).toMatchObject({ refusedOverLimit: 0, refusedFull: 0 });
});
