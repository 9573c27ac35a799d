import { expect, test } from '@jest/globals';
import { Journal } from '../../../both/chaos/journal.ts';

const EVENT = { id: 'e.1', type: 'message', data: 'x' };

test('a journal is started once a baseline is fixed', () => {
  const journal = new Journal('someone', 'c', 'inOrder');
  const established = journal.start();
  expect(journal.isStarted).toBe(false);
  established('e.0');
  expect(journal.isStarted).toBe(true);
  expect(journal.entries).toMatchObject([{ kind: 'start', id: 'e.0' }]);
});

test('the baseline is not known to who learns of it only after the first event', () => {
  const journal = new Journal('someone', 'c', 'inOrder');
  const established = journal.start();
  journal.event(EVENT);
  established('e.1');
  expect(journal.entries).toMatchObject([{ kind: 'start', id: undefined }, { kind: 'event' }]);
});

test('counts deliveries, and nothing else', () => {
  const journal = new Journal('someone', 'c', 'inOrder');
  journal.start();
  journal.event(EVENT);
  journal.event(EVENT);
  journal.note('waiting');
  journal.leave();
  expect(journal.deliveries).toBe(2);
});
