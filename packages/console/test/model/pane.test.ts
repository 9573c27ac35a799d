import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type EventRow, MAX_ROWS, Pane } from '../../model/pane.ts';
import { Timetable } from '../../model/timetable.ts';

const EPOCH_MS = Date.parse('2026-01-01T00:00:00.000Z');

let timetable: Timetable;
let pane: Pane;

beforeEach(() => {
  jest.useFakeTimers({ now: EPOCH_MS });
  timetable = new Timetable();
  pane = new Pane(timetable);
});

afterEach(() => {
  jest.useRealTimers();
});

const event = (seq: number, publishedAt?: string) => ({
  id: `e1.${seq}`,
  type: 'message',
  data: '',
  ...(publishedAt === undefined ? {} : { publishedAt }),
});

const eventRows = () => pane.rows.value.filter((row): row is EventRow => row.kind === 'event');

test('rows are newest first, and the oldest are removed when there are too many', () => {
  for (let seq = 1; seq <= MAX_ROWS + 5; seq++) pane.onEvent(event(seq), 'live');
  expect(pane.rows.value).toHaveLength(MAX_ROWS);
  expect(eventRows().at(0)?.event.id).toBe(`e1.${MAX_ROWS + 5}`);
  expect(eventRows().at(-1)?.event.id).toBe('e1.6');
  expect(pane.counters.value.received).toBe(MAX_ROWS + 5);
});

test('events of the history are below the others, each once, and stay when others are removed', () => {
  pane.onEvent(event(7), 'live');
  expect(pane.oldestId).toBe('e1.7');
  pane.onOlder([event(5), event(6), event(7)]);
  pane.onOlder([event(4)]);
  expect(eventRows().map((row) => row.event.id)).toEqual(['e1.7', 'e1.6', 'e1.5', 'e1.4']);
  expect([pane.oldestId, pane.hasOlder.value, pane.counters.value.received, pane.lastId.value]).toEqual(['e1.4', true, 1, 'e1.7']);
  for (let seq = 8; seq <= MAX_ROWS + 7; seq++) pane.onEvent(event(seq), 'live');
  expect(pane.rows.value).toHaveLength(MAX_ROWS + 3);
  pane.onOlder([]);
  expect(pane.hasOlder.value).toBe(false);
});

test('the latency runs from publication to arrival', () => {
  jest.setSystemTime(EPOCH_MS + 42);
  pane.onEvent(event(1, '2026-01-01T00:00:00.000Z'), 'live');
  expect(eventRows().at(0)?.latencyMs.value).toBe(42);
});

test('the latency of an event without a time fills in when the time is learned', () => {
  jest.setSystemTime(EPOCH_MS + 30);
  pane.onEvent(event(1), 'live');
  expect(eventRows().at(0)?.latencyMs.value).toBeUndefined();
  jest.setSystemTime(EPOCH_MS + 500);
  timetable.learn('e1.1', '2026-01-01T00:00:00.000Z');
  expect(eventRows().at(0)?.latencyMs.value).toBe(30);
});

test('the median excludes replayed events, which are late on purpose', () => {
  expect(pane.medianLatencyMs.value).toBeUndefined();
  for (const [seq, latencyMs] of [10, 30, 20].entries()) {
    jest.setSystemTime(EPOCH_MS + latencyMs);
    pane.onEvent(event(seq + 1, '2026-01-01T00:00:00.000Z'), 'live');
  }
  jest.setSystemTime(EPOCH_MS + 5000);
  for (const seq of [4, 5, 6, 7]) pane.onEvent(event(seq, '2026-01-01T00:00:00.000Z'), 'replayed');
  expect(pane.medianLatencyMs.value).toBe(20);
});

test('resumes, closed gaps and repeats are counted', () => {
  pane.onNotice({ kind: 'resumed', after: 'e1.1', replayed: 0 });
  pane.onNotice({ kind: 'mended', after: 'e1.1', found: 1 });
  pane.onNotice({ kind: 'cut', after: 'e1.1' });
  pane.onRepeat();
  expect(pane.counters.value).toEqual({ received: 0, reconnects: 1, gaps: 1, repeats: 1 });
});

test('an invalid time is ignored', () => {
  timetable.learn('e1.1', 'yesterday');
  expect(timetable.publishedAtMs('e1.1').value).toBeUndefined();
});
