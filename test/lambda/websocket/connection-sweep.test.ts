import { expect, test } from '@jest/globals';
import { LOOK_BACK_MS } from '../../../lambda/websocket/connection-expiry.ts';
import { MIN_AGE_MS, PAGE_SIZE, sweepConnections } from '../../../lambda/websocket/connection-sweep.ts';
import type { ConnectionDirectory, ProbeOutcome, SweepMark } from '../../../lambda/websocket/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from '../support/recorded-telemetry.ts';

interface Row {
  readonly ageMs?: number;
  /** Since when its time is over. @default it is not */
  readonly expiredForMs?: number;
}

/** A table with these connections, and an API Gateway that has the ones for which `outcome` says so. */
function openSweep(rows: Readonly<Record<string, Row>>, outcome: (connectionId: string) => ProbeOutcome['kind'] = () => 'gone') {
  const clock = new ManualClock();
  const { telemetry, lines } = recordTelemetry('websocket');
  const left = new Map(Object.entries(rows));
  const probed: string[] = [];
  const scanned: number[] = [];
  let mark: SweepMark | undefined;
  let inFlight = 0;
  let mostInFlight = 0;
  const directory: ConnectionDirectory = {
    list: async (limit, after) => {
      scanned.push(limit);
      const ids = [...left.keys()].sort().filter((id) => after === undefined || id > after);
      const connections = ids.slice(0, limit).map((connectionId) => {
        const { ageMs = MIN_AGE_MS, expiredForMs = -1 } = left.get(connectionId) ?? {};
        return { connectionId, connectedAtMs: clock.nowMs() - ageMs, expiresAtMs: clock.nowMs() - expiredForMs };
      });
      const last = connections.at(-1)?.connectionId;
      return ids.length > limit && last !== undefined ? { connections, next: last } : { connections };
    },
    loadMark: async () => mark,
    saveMark: async (next) => {
      mark = next;
    },
  };
  const probe = {
    probe: async (connectionId: string): Promise<ProbeOutcome> => {
      probed.push(connectionId);
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      await Promise.resolve();
      inFlight--;
      const kind = outcome(connectionId);
      return kind === 'unknown' ? { kind, reason: '429' } : { kind };
    },
  };
  const store = { close: async (connectionId: string) => void left.delete(connectionId) };
  return {
    clock,
    lines,
    probed,
    scanned,
    left: () => [...left.keys()].sort(),
    mark: () => mark,
    mostInFlight: () => mostInFlight,
    run: (maxConnections = 1_000, timeMs = 60_000) =>
      sweepConnections({ directory, store, probe, clock, maxConnections }, clock.nowMs() + timeMs, telemetry),
  };
}

function many(count: number): Record<string, Row> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${String(index).padStart(4, '0')}`, {}]));
}

test('a closed connection is removed, an open one stays', async () => {
  const sweep = openSweep({ a: {}, b: {} }, (id) => (id === 'a' ? 'gone' : 'open'));
  await sweep.run();
  expect(sweep.left()).toEqual(['b']);
});

test('a young connection is not probed', async () => {
  const sweep = openSweep({ young: { ageMs: MIN_AGE_MS - 1 }, old: {} });
  await sweep.run();
  expect(sweep.left()).toEqual(['young']);
  expect(sweep.probed).toEqual(['old']);
});

test('one whose token has just expired is left to the function that closes it, which needs its row', async () => {
  const sweep = openSweep({ a: { expiredForMs: LOOK_BACK_MS - 1 } });
  await sweep.run();
  expect(sweep.left()).toEqual(['a']);
  expect(sweep.probed).toEqual([]);
});

test('a connection that expired long ago is removed without a probe', async () => {
  const sweep = openSweep({ a: { expiredForMs: LOOK_BACK_MS } });
  await sweep.run();
  expect([sweep.left(), sweep.probed]).toEqual([[], []]);
});

test('a connection that cannot be probed stays', async () => {
  const sweep = openSweep({ a: {} }, () => 'unknown');
  await sweep.run();
  expect(sweep.left()).toEqual(['a']);
});

test('a run examines no more connections than allowed, and the next one continues after them, until all had their turn', async () => {
  const sweep = openSweep(many(250), () => 'open');
  await sweep.run(120);
  expect(sweep.probed).toHaveLength(120);
  expect(sweep.scanned).toEqual([PAGE_SIZE, 20]);
  await sweep.run(120);
  await sweep.run(120);
  expect(sweep.probed.toSorted()).toEqual(Object.keys(many(250)));
});

test('a run that has reached the end leaves no mark, and the next one begins anew', async () => {
  const sweep = openSweep(many(150), () => 'open');
  await sweep.run(150);
  expect(sweep.mark()).toBeUndefined();
  await sweep.run(10);
  expect(sweep.probed.slice(150)).toEqual(Object.keys(many(10)));
});

test('a run ends with the page on which API Gateway did not respond, and the next one continues after it', async () => {
  const sweep = openSweep(many(250), (id) => (id === 'c0005' ? 'unknown' : 'open'));
  await sweep.run();
  expect(sweep.probed).toHaveLength(PAGE_SIZE);
  await sweep.run();
  expect(sweep.probed[PAGE_SIZE]).toBe('c0100');
});

test('a run begins no page after its time is over', async () => {
  const sweep = openSweep(many(250), () => 'open');
  await sweep.run(1_000, 0);
  expect(sweep.probed).toEqual([]);
});

test('few probes are in flight at once', async () => {
  const sweep = openSweep(many(100), () => 'open');
  await sweep.run();
  expect(sweep.mostInFlight()).toBe(10);
});

test.each([
  [0, {}],
  [2, { a: {}, b: {} }],
])('%d connections swept are counted', async (count, rows) => {
  const sweep = openSweep(rows);
  await sweep.run();
  expect(sweep.lines).toContainEqual(expect.objectContaining({ Orphans: count }));
});

test('the open connections are counted over a whole pass, however many runs it takes', async () => {
  const sweep = openSweep(many(250), () => 'open');
  await sweep.run(200);
  expect(sweep.lines).not.toContainEqual(expect.objectContaining({ OpenConnections: expect.anything() }));
  await sweep.run(200);
  expect(sweep.lines).toContainEqual(expect.objectContaining({ OpenConnections: 250, lane: 'websocket' }));
});
