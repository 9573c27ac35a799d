import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { event, follow } from './support/follow-order.ts';

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
