import { expect, test } from '@jest/globals';
import { planPublications, sourcesOf } from '../../../both/compare/schedule.ts';
import { membersOf, USE_CASES, type UseCase } from '../../../both/compare/use-cases.ts';

const USE_CASE: UseCase = { id: 'chat', groups: 2, clients: 3, channels: 2, sender: 'backend', eventsPerSecond: 4, eventBytes: 100 };

test('clients of a group share its channels, and no other', () => {
  const members = membersOf(USE_CASE, 'x');
  expect(members.map(({ name }) => name)).toEqual(['1.1', '1.2', '1.3', '2.1', '2.2', '2.3']);
  expect(members[0]?.channels).toEqual(['x.1.1', 'x.1.2']);
  expect(members[5]?.channels).toEqual(['x.2.1', 'x.2.2']);
});

test('a backend publishes to each channel, clients to the channel of their group', () => {
  const members = membersOf(USE_CASE, 'x');
  expect(sourcesOf(USE_CASE, members).map(({ channel, sender }) => [channel, sender])).toEqual(
    ['x.1.1', 'x.1.2', 'x.2.1', 'x.2.2'].map((channel) => [channel, undefined]),
  );
  expect(sourcesOf({ ...USE_CASE, sender: 'clients' }, members).map(({ channel, sender }) => [channel, sender?.name])).toEqual([
    ...['1.1', '1.2', '1.3'].map((name) => ['x.1.1', name]),
    ...['2.1', '2.2', '2.3'].map((name) => ['x.2.1', name]),
  ]);
});

test('each source publishes at its rate, in the order of time, and the seed says when', () => {
  const sources = sourcesOf(USE_CASE, membersOf(USE_CASE, 'x'));
  const planned = planPublications(sources, 4, 5, 1);

  expect(planned).toHaveLength(sources.length * 20);
  expect(planned.map(({ atMs }) => atMs)).toEqual(planned.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  expect(planned.every(({ atMs }) => atMs >= 0 && atMs < 5_000)).toBe(true);
  expect(planPublications(sources, 4, 5, 1)).toEqual(planned);
  expect(planPublications(sources, 4, 5, 2)).not.toEqual(planned);
});

test.each(USE_CASES)('$id: its events have room for what the measurement writes into them', ({ eventBytes }) => {
  expect(eventBytes).toBeGreaterThanOrEqual(64);
});
