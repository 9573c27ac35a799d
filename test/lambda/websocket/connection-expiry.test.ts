import { beforeEach, expect, test } from '@jest/globals';
import { METRICS } from '../../../backbone/contract.ts';
import { endExpiredConnections, LOOK_BACK_MS } from '../../../lambda/websocket/connection-expiry.ts';
import type { CloseOutcome } from '../../../lambda/websocket/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordTelemetry } from '../support/recorded-telemetry.ts';
import { ScriptedPoster } from './support/scripted-poster.ts';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

/** An index with these pages, and an API Gateway that answers so. */
function openExpiry(pages: readonly (readonly string[])[], outcome: (connectionId: string) => CloseOutcome = () => ({ kind: 'closed' })) {
  const poster = new ScriptedPoster((id) => (outcome(id).kind === 'gone' ? { kind: 'gone' } : { kind: 'sent' }));
  const { telemetry, lines } = recordTelemetry('websocket');
  const asked: number[][] = [];
  const ended: string[] = [];
  const rowsClosed: string[] = [];
  const expiries = {
    async *expired(fromMs: number, toMs: number) {
      asked.push([fromMs, toMs]);
      yield* pages;
    },
  };
  const closer = {
    close: async (id: string) => {
      ended.push(id);
      return outcome(id);
    },
  };
  const store = { close: async (id: string) => void rowsClosed.push(id) };
  return {
    poster,
    lines,
    asked,
    ended,
    rowsClosed,
    run: (timeMs = 30_000) => endExpiredConnections({ expiries, poster, closer, store, clock }, clock.nowMs() + timeMs, telemetry),
  };
}

test('each is told that its token has expired, and then closed', async () => {
  const expiry = openExpiry([['c1', 'c2'], ['c3']]);
  await expiry.run();
  for (const id of ['c1', 'c2', 'c3']) expect(expiry.poster.sentTo(id)).toMatchObject([{ kind: 'error', code: 'token_expired' }]);
  expect(expiry.ended.sort()).toEqual(['c1', 'c2', 'c3']);
});

test('leftovers of failed runs are found too', async () => {
  const expiry = openExpiry([]);
  await expiry.run();
  expect(expiry.asked).toEqual([[clock.nowMs() - LOOK_BACK_MS, clock.nowMs()]]);
});

test('rows are left to $disconnect if the connection was open, and deleted if it was already closed', async () => {
  const expiry = openExpiry([['open', 'closed']], (id) => ({ kind: id === 'open' ? 'closed' : 'gone' }));
  await expiry.run();
  expect(expiry.rowsClosed).toEqual(['closed']);
});

test('one that cannot be closed is logged, and does not affect the others', async () => {
  const expiry = openExpiry([['c1', 'c2']], (id) => (id === 'c1' ? { kind: 'unknown', reason: '429' } : { kind: 'closed' }));
  await expiry.run();
  expect(expiry.ended).toContain('c2');
  expect(JSON.stringify(expiry.lines)).toContain('429');
});

test('after the deadline no page begins', async () => {
  const expiry = openExpiry([['c1']]);
  await expiry.run(0);
  expect(expiry.ended).toEqual([]);
});

test('those that were closed are counted', async () => {
  const expiry = openExpiry([['c1', 'c2']]);
  await expiry.run();
  expect(JSON.stringify(expiry.lines)).toContain(`"${METRICS.connectionsExpired}":2`);
});
