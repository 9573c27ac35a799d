import { beforeEach, expect, test } from '@jest/globals';
import { TooManyKeysError } from '../../../backbone/domain/latest-publication.ts';
import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryLatestStore } from '../../../backbone/memory/memory-latest-store.ts';
import { createLatestPublisher, type LatestPublisher } from '../../../backbone/services/latest-publisher.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let store: MemoryLatestStore;
let bus: MemoryEventBus;
let publisher: LatestPublisher;

beforeEach(() => {
  store = new MemoryLatestStore({ clock: new ManualClock(), retentionMs: 60_000 });
  bus = new MemoryEventBus();
  publisher = createLatestPublisher({ store, bus });
});

const one = (key: string, data = '') => ({ channel: 'a', key, value: { type: 'message', data } });

test('an event is stored before it is announced', async () => {
  const announce = bus.announceLatest;
  bus.announceLatest = async (events) => {
    expect(await store.read('a')).toEqual(events);
    return announce.call(bus, events);
  };
  const stored = await publisher.publishLatest(one('x', '1'));
  expect(bus.latest).toEqual([[stored]]);
});

test('a batch has one notification for all that is stored', async () => {
  const outcomes = await publisher.publishLatestBatch({ channel: 'a', events: [one('x'), one('y')] });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'stored']);
  expect(bus.latest.map((events) => events.map(({ key }) => key))).toEqual([['x', 'y']]);
});

test('an event of a batch that fails does not keep the others', async () => {
  const put = store.put.bind(store);
  store.put = async (event) => {
    if (event.key === 'full') throw new TooManyKeysError(event);
    if (event.key === 'lost') throw new Error('lost');
    return put(event);
  };
  const outcomes = await publisher.publishLatestBatch({ channel: 'a', events: [one('full'), one('lost'), one('x')] });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'unknown', 'stored']);
  expect(bus.latest.map((events) => events.map(({ key }) => key))).toEqual([['x']]);
});

test('nothing is announced of a batch of which nothing is stored', async () => {
  store.put = () => Promise.reject(new Error('lost'));
  await publisher.publishLatestBatch({ channel: 'a', events: [one('x')] });
  expect(bus.latest).toEqual([]);
});
