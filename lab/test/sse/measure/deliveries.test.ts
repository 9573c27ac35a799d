import { expect, test } from '@jest/globals';
import { Deliveries } from '../../../sse/measure/deliveries.ts';

const NEVER = new AbortController().signal;

function watch(promise: Promise<void>): { settled: boolean } {
  const state = { settled: false };
  void promise.then(() => {
    state.settled = true;
  });
  return state;
}

test('an event is complete when every stream has it', async () => {
  const deliveries = new Deliveries(2, 160);
  const [one, two] = [deliveries.newStream(), deliveries.newStream()];
  const data = deliveries.next(0);
  const complete = deliveries.until(1, NEVER);
  const state = watch(complete);

  one(data);
  await Promise.resolve();
  expect(state.settled).toBe(false);
  two(data);
  await complete;

  expect(deliveries.problems).toEqual([]);
  expect(deliveries.histogram.totalCount).toBe(2);
});

test('data has the size that was asked for', () => {
  expect(new Deliveries(1, 160).next(0)).toHaveLength(160);
});

test.each([
  ['an event that comes twice', (first: string, _second: string) => [first, first]],
  ['an event before its turn', (_first: string, second: string) => [second]],
  ['an event with other data', (first: string, _second: string) => [`${first.slice(1)}x`]],
])('%s is a problem', (_case, arrivals) => {
  const deliveries = new Deliveries(1, 160);
  const receive = deliveries.newStream();

  for (const data of arrivals(deliveries.next(0), deliveries.next(0))) receive(data);

  expect(deliveries.problems).toHaveLength(1);
});

test('waiting ends with the signal', async () => {
  const stopping = new AbortController();
  const deliveries = new Deliveries(1, 160);
  deliveries.next(0);
  const waiting = deliveries.until(1, stopping.signal);

  stopping.abort();

  await expect(waiting).resolves.toBeUndefined();
});
