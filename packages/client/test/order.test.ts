import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { covers, Order } from '../src/order.ts';
import type { ChannelEvent, ChannelItem } from '../src/types.ts';

const CHANNEL = 'orders';

function event(id: string): ChannelEvent {
  return { kind: 'event', channel: CHANNEL, id, type: 'message', data: id };
}

function toText(item: ChannelItem): string {
  return item.kind === 'event' ? item.id : `reset: ${item.reason}`;
}

/** An order, and all that has come out of it. */
function follow(after: string | undefined) {
  const order = new Order(CHANNEL, after);
  const out: string[] = [];
  const take = (items: readonly ChannelItem[]) => {
    out.push(...items.map(toText));
  };
  return { order, out, take };
}

/** A channel's log: at each seq from 1 an event, or a tombstone. */
interface Log {
  readonly epoch: string;
  readonly isEvent: readonly boolean[];
}

function eventsOf({ epoch, isEvent }: Log, from: number, to = isEvent.length): string[] {
  return isEvent.flatMap((exists, index) => (exists && index + 1 >= from && index + 1 <= to ? [`${epoch}.${index + 1}`] : []));
}

function seqOf(cursor: string | undefined): number {
  return Number(cursor?.slice(cursor.lastIndexOf('.') + 1) ?? 0);
}

/** What the WebSocket lane may do to us: `at` is reduced to the log that there is. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), at: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('refill' as const), upTo: fc.nat(), noise: fc.array(fc.nat(), { maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stream' as const), count: fc.nat({ max: 5 }), back: fc.nat({ max: 3 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play({ order, take }: ReturnType<typeof follow>, log: Log, next: Step): void {
  const { epoch, isEvent } = log;
  const deliver = (at: number) => {
    const seq = (at % isEvent.length) + 1;
    if (isEvent[seq - 1]) take(order.offer(event(`${epoch}.${seq}`)));
  };
  const from = seqOf(order.cursor) + 1;
  if (next.kind === 'deliver') deliver(next.at);
  if (next.kind === 'refill') {
    // Subscribed again after the cursor: the missed events come in order, others in between, and then `caughtUp`.
    const upTo = from - 1 + (next.upTo % (isEvent.length - from + 2));
    const noise = [...next.noise];
    order.ask();
    for (const id of eventsOf(log, from, upTo)) {
      const between = noise.pop();
      if (between !== undefined) deliver(between);
      take(order.offer(event(id)));
    }
    take(order.settle(`${epoch}.${upTo}`));
  }
  // For a while over SSE, which delivers in order, some of it again.
  if (next.kind === 'stream') for (const id of eventsOf(log, from - next.back).slice(0, next.count)) take(order.next(event(id)));
}

const log = (epoch: string) =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }), {
      minLength: 1,
      maxLength: 30,
    })
    .map((isEvent): Log => ({ epoch, isEvent }));

describe('whatever is repeated, reordered, lost and asked for again', () => {
  test('events come out in order, each once, none is skipped, and in the end all have come', () => {
    fc.assert(
      fc.property(log('e1'), fc.nat(), fc.boolean(), fc.array(step, { maxLength: 80 }), (theLog, start, startsWithCursor, steps) => {
        const baseline = start % (theLog.isEvent.length + 1);
        const subject = follow(startsWithCursor ? `e1.${baseline}` : undefined);
        if (!startsWithCursor) {
          // Events may overtake the answer that brings the baseline.
          for (const id of eventsOf(theLog, baseline + 1).slice(0, 3)) subject.take(subject.order.offer(event(id)));
          expect(subject.out).toEqual([]);
          subject.take(subject.order.settle(`e1.${baseline}`));
        }
        for (const next of steps) {
          play(subject, theLog, next);
          expect(subject.out).toEqual(eventsOf(theLog, baseline + 1, seqOf(subject.order.cursor)));
        }
        play(subject, theLog, { kind: 'refill', upTo: theLog.isEvent.length - seqOf(subject.order.cursor), noise: [] });
        expect(subject.out).toEqual(eventsOf(theLog, baseline + 1));
        expect(subject.order.hasGap).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a new epoch comes out behind its reset, from its baseline or what came before it on, and nothing of the old one after it', () => {
    fc.assert(
      fc.property(
        log('old'),
        log('new'),
        fc.nat(),
        fc.array(fc.tuple(fc.constantFrom('old', 'new'), step), { maxLength: 40 }),
        fc.array(step),
        (oldLog, newLog, start, mixed, steps) => {
          const subject = follow('old.0');
          const baseline = start % (newLog.isEvent.length + 1);
          // The log is lost somewhere in here: events of the new epoch arrive among late ones of the old.
          const came = new Set<number>();
          for (const [epoch, next] of mixed) {
            if (next.kind !== 'deliver') continue;
            play(subject, epoch === 'old' ? oldLog : newLog, next);
            const at = next.at % newLog.isEvent.length;
            if (epoch === 'new' && newLog.isEvent[at]) came.add(at + 1);
          }
          let first = baseline + 1;
          while (came.has(first - 1)) first--;
          const before = [...subject.out];
          expect(before).toEqual(eventsOf(oldLog, 1, before.length === 0 ? 0 : seqOf(subject.order.cursor)));
          subject.take(subject.order.reset('epoch_changed', `new.${baseline}`));
          for (const next of steps) {
            play(subject, newLog, next);
            for (const id of eventsOf(oldLog, 1).slice(0, 2)) subject.take(subject.order.offer(event(id)));
          }
          play(subject, newLog, { kind: 'refill', upTo: newLog.isEvent.length - seqOf(subject.order.cursor), noise: [] });
          expect(subject.out).toEqual([...before, 'reset: epoch_changed', ...eventsOf(newLog, first)]);
          expect(subject.order.hasGap).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('an order', () => {
  test('has no cursor before its baseline, and then that', () => {
    const { order, take } = follow(undefined);
    expect(order.cursor).toBeUndefined();
    take(order.settle('k3f9.7'));
    expect(order.cursor).toBe('k3f9.7');
  });

  test('has a gap while an event waits for another', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('e.3')));
    expect(order.hasGap).toBe(true);
    take(order.offer(event('e.2')));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual(['e.2', 'e.3']);
  });

  test('has none because of a repeat', () => {
    const { order, out, take } = follow('e.2');
    take(order.offer(event('e.1')));
    take(order.offer(event('e.2')));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual([]);
  });

  test('takes what is missing for a tombstone once the server has sent all up to it', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('e.3')));
    take(order.settle('e.2'));
    expect(out).toEqual(['e.3']);
  });

  test('asks about an epoch that nobody has announced, and forgets it when the server knows none but its own', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('other.9')));
    expect(order.hasGap).toBe(true);
    order.ask();
    take(order.settle('e.1'));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual([]);
  });

  test('loses nothing of a log that begins anew while the server answers from the one before', () => {
    const { order, out, take } = follow('old.1');
    order.ask();
    take(order.offer(event('new.1')));
    take(order.offer(event('new.2')));
    take(order.settle('old.1'));
    expect(order.hasGap).toBe(true);
    order.ask();
    take(order.reset('epoch_changed', 'new.2'));
    take(order.settle('new.2'));
    expect(out).toEqual(['reset: epoch_changed', 'new.1', 'new.2']);
    expect(order.hasGap).toBe(false);
  });

  test('gives nothing behind a reset that has a gap before the baseline', () => {
    const { order, out, take } = follow('old.1');
    for (const id of ['new.1', 'new.3']) take(order.offer(event(id)));
    take(order.reset('epoch_changed', 'new.3'));
    take(order.next(event('new.4')));
    expect(out).toEqual(['reset: epoch_changed', 'new.3', 'new.4']);
  });

  test('announces a new epoch itself when a lane that delivers in order goes on with one', () => {
    const { order, out, take } = follow('old.5');
    take(order.next(event('new.3')));
    expect(out).toEqual(['reset: epoch_changed', 'new.3']);
  });

  test('goes on from what is settled next when a reset names no baseline', () => {
    const { order, out, take } = follow('e.1');
    take(order.reset('expired', undefined));
    take(order.settle('e.9'));
    take(order.next(event('e.10')));
    expect(out).toEqual(['reset: expired', 'e.10']);
  });

  test('keeps what has come behind the baseline of a reset within its epoch', () => {
    const { order, out, take } = follow('e.1');
    for (const id of ['e.8', 'e.9', 'e.11']) take(order.offer(event(id)));
    take(order.reset('expired', 'e.9'));
    expect([out, order.hasGap]).toEqual([['reset: expired', 'e.8', 'e.9'], true]);
    take(order.offer(event('e.10')));
    expect(out.slice(3)).toEqual(['e.10', 'e.11']);
  });

  test.each(['', 'e', 'E.1', 'e.01', '0.1'])('rejects %j, which is no cursor', (id) => {
    const rejection = expect.objectContaining({ code: 'invalid_cursor', final: true });
    expect(() => new Order(CHANNEL, id)).toThrow(rejection);
    expect(() => follow('e.1').order.offer(event(id))).toThrow(rejection);
  });

  test('asks again for what did not fit before its baseline', () => {
    const { order, out, take } = follow(undefined);
    for (let seq = 1; seq <= 2_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.settle('e.0'));
    expect(out.length).toBeLessThan(1_100);
    expect(order.hasGap).toBe(true);
  });

  test('keeps a bounded number of events behind a gap, and asks for the others again', () => {
    const { order, out, take } = follow('e.0');
    for (let seq = 2; seq <= 5_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.offer(event('e.1')));
    expect(out.length).toBeLessThan(1_100);
    expect(order.hasGap).toBe(true);
    order.ask();
    for (let seq = out.length + 1; seq <= 5_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.settle('e.5000'));
    expect(out).toHaveLength(5_000);
    expect(order.hasGap).toBe(false);
  });
});

describe('a channel that was never used', () => {
  test('goes on into its first epoch without a reset, each event once', () => {
    const { order, out, take } = follow(undefined);
    take(order.settle('0.0'));
    expect(order.cursor).toBe('0.0');
    for (const id of ['e.1', 'e.1', 'e.3', 'e.2']) take(order.offer(event(id)));
    expect(out).toEqual(['e.1', 'e.2', 'e.3']);
    expect(order.cursor).toBe('e.3');
  });

  test('waits for what its first epoch begins with, and has it from a replay', () => {
    const { order, out, take } = follow('0.0');
    take(order.offer(event('e.2')));
    expect([order.hasGap, out]).toEqual([true, []]);
    order.ask();
    for (const id of ['e.1', 'e.2']) take(order.offer(event(id)));
    take(order.settle('e.4'));
    expect(out).toEqual(['e.1', 'e.2']);
    expect([order.hasGap, order.cursor]).toEqual([false, 'e.4']);
  });

  test('goes on without a reset on a lane that orders by itself', () => {
    const { order, out, take } = follow('0.0');
    take(order.next(event('e.2')));
    take(order.next(event('e.3')));
    take(order.next(event('f.1')));
    expect(out).toEqual(['e.2', 'e.3', 'reset: epoch_changed', 'f.1']);
  });

  test('tells by a reset that an epoch has begun and was lost', () => {
    const { order, out, take } = follow('0.0');
    take(order.offer(event('e.2')));
    order.ask();
    take(order.settle('0.0'));
    expect([out, order.hasGap, order.cursor]).toEqual([['reset: epoch_changed'], false, '0.0']);
  });

  test('takes nothing late of the epoch that a wipe has ended', () => {
    const { order, out, take } = follow('e.1');
    take(order.reset('epoch_changed', '0.0'));
    take(order.offer(event('e.1')));
    take(order.offer(event('f.1')));
    expect(out).toEqual(['reset: epoch_changed', 'f.1']);
  });
});

describe('what it reports', () => {
  let reported: unknown[];
  const reporting = (after: string | undefined) => new Order('orders', after, (activity) => reported.push(activity));
  const at = (seq: number, epoch = 'e1'): ChannelEvent => ({
    kind: 'event',
    channel: 'orders',
    id: `${epoch}.${seq}`,
    type: 'message',
    data: '',
  });

  beforeEach(() => {
    reported = [];
  });

  test('an event that is behind, or waits already, is a repeat', () => {
    const order = reporting('e1.4');
    order.offer(at(5));
    order.offer(at(9));
    expect(reported).toEqual([]);
    order.offer(at(4));
    order.offer(at(9));
    order.next(at(5));
    expect(reported).toEqual(['e1.4', 'e1.9', 'e1.5'].map((id) => ({ kind: 'repeat', id })));
  });

  test('a gap that was asked for closes with what was missing, and only that is counted', () => {
    const order = reporting('e1.4');
    order.offer(at(7));
    order.ask();
    for (const seq of [5, 6, 8]) order.offer(at(seq));
    order.settle('e1.8');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 2 }]);
  });

  test('a gap that nothing was in closes with nothing', () => {
    const order = reporting('e1.4');
    order.offer(at(6));
    order.ask();
    order.settle('e1.6');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 0 }]);
  });

  test('a gap that the server knows nothing about yet is not closed', () => {
    const order = reporting('e1.4');
    order.offer(at(6));
    order.ask();
    order.settle('e1.4');
    expect(reported).toEqual([]);
    order.ask();
    order.offer(at(5));
    order.settle('e1.6');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 1 }]);
  });

  test('a question without a gap, and a gap that closes by itself, are nothing to report', () => {
    const order = reporting('e1.4');
    order.ask();
    order.offer(at(5));
    order.settle('e1.5');
    order.offer(at(7));
    order.offer(at(6));
    expect(reported).toEqual([]);
  });

  test('what a lane in order leaves out is a gap with nothing in it', () => {
    const order = reporting('e1.4');
    order.next(at(7));
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 0 }]);
  });

  test('another epoch, and the first one of a channel, leave nothing out', () => {
    reporting('e1.4').next(at(9, 'e2'));
    reporting('0.0').next(at(3));
    expect(reported).toEqual([]);
  });
});

test.each([
  ['e1.10', 'e1.9', true],
  ['e1.9', 'e1.9', true],
  ['e1.9', 'e1.10', false],
  ['e2.10', 'e1.9', false],
  ['0.0', 'e1.1', false],
  ['e1.1', '0.0', true],
])('whether %s covers %s: %s', (cursor, id, expected) => {
  expect(covers(cursor, id)).toBe(expected);
});
