import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodeEphemeralNotification } from '../../../../backbone/domain/ephemeral-event.ts';
import { EphemeralJournal, EphemeralLedger, judgeEphemeral, TYPE } from '../../../both/chaos/ephemeral/ephemeral-journal.ts';

let ledger: EphemeralLedger;
let stream: EphemeralJournal;
let client: EphemeralJournal;

/** Publishes `<source><count>`, whose notification then passes by. */
function publish(...events: readonly (readonly [source: string, count: number])[]): void {
  for (const [source, count] of events) {
    const data = `${source}${count}`;
    ledger.begin(data);
    ledger.notified(encodeEphemeralNotification({ channel: 'ephemeral.1', type: TYPE, data, publishedAtMs: 1, source, count }));
  }
}

const takeAll = (journal: EphemeralJournal, ...events: readonly string[]) => {
  for (const data of events) journal.take({ type: TYPE, data });
};

beforeEach(() => {
  ledger = new EphemeralLedger();
  stream = new EphemeralJournal('ann', 'stream', ledger);
  client = new EphemeralJournal('ben', 'client', ledger);
  publish(['a', 1], ['a', 2], ['a', 3], ['b', 1], ['b', 2]);
});

describe('on one stream', () => {
  test('each process is in order by itself, and events may be missing', () => {
    takeAll(stream, 'b1', 'a1', 'a3', 'b2');
    expect(stream.complaints).toEqual([]);
    expect(stream.deliveries).toBe(4);
  });

  test('an event that comes twice is found', () => {
    takeAll(stream, 'a1', 'a1');
    expect(stream.complaints).toEqual(['ann: "a1" came twice on one stream']);
  });

  test('an event that comes after a newer one of its process is found', () => {
    takeAll(stream, 'a2', 'b1', 'a1');
    expect(stream.complaints).toEqual(['ann: "a1" came after event 2 of the same process, and is its event 1']);
  });

  test('what another stream brought before may come again: it may be of a task that is behind', () => {
    takeAll(stream, 'a2');
    stream.begin();
    takeAll(stream, 'a1', 'a2');
    expect(stream.complaints).toEqual([]);
  });
});

test('to the client an event may come again and after a newer one', () => {
  takeAll(client, 'a2', 'a1', 'a2');
  expect(client.complaints).toEqual([]);
});

test.each(['stream', 'client'] as const)('an event that was altered, or that nobody published, is found: %s', (promised) => {
  const journal = new EphemeralJournal('eve', promised, ledger);
  takeAll(journal, 'a1', 'a1 altered');
  journal.take({ type: 'message', data: 'a2' });
  expect(journal.complaints).toEqual(['eve: "a1 altered" nobody published', 'eve: "a2" nobody published']);
});

test('notifications about other channels give no stamp', () => {
  ledger.begin('x');
  ledger.notified(JSON.stringify({ channel: 'c', id: 'e.1', type: 'message', data: 'x', publishedAt: 1 }));
  expect(ledger.stampOf('x')).toBeUndefined();
});

describe('when the faults are over', () => {
  const entrance = (name: string, isAnswered: boolean, ...events: readonly string[]) => ({ name, isAnswered, events });

  test('any of the events of each entrance is enough', () => {
    takeAll(stream, 'a2', 'b1');
    takeAll(client, 'a1', 'b2');
    expect(judgeEphemeral([stream, client], [entrance('http', true, 'a1', 'a2'), entrance('socket', true, 'b1', 'b2')])).toEqual([]);
  });

  test('a reader that gets none of an entrance is found', () => {
    takeAll(stream, 'a1', 'b1');
    takeAll(client, 'a1');
    expect(judgeEphemeral([stream, client], [entrance('http', true, 'a1'), entrance('socket', true, 'b1')])).toEqual([
      'ben: no ephemeral event by socket has come since the faults are over',
    ]);
  });

  test('an entrance that answers nothing is found', () => {
    takeAll(stream, 'a1');
    expect(judgeEphemeral([stream], [entrance('http', false, 'a1')])).toEqual([
      'no ephemeral event by http was answered since the faults are over',
    ]);
  });

  test('what readers complained of before stays wrong', () => {
    takeAll(stream, 'a1', 'a1');
    expect(judgeEphemeral([stream], [])).toEqual(['ann: "a1" came twice on one stream']);
  });
});
