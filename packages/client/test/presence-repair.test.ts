import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PresenceChanges } from '../../protocol/index.ts';
import type { Subscription } from '../src/index.ts';
import { presence } from '../src/presence/index.ts';
import type { Rider } from '../src/rider.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A subscription that only counts how often it was restarted. */
class Carrier extends EventTarget {
  readonly channel = 'room';
  readonly status = { status: 'live', channel: 'room', transport: 'websocket' };
  rider: Rider | undefined;
  restarts = 0;

  restart(): void {
    this.restarts++;
  }
}

/** Follows presence on a new subscription. */
function follow() {
  const carrier = new Carrier();
  presence(carrier as unknown as Subscription);
  carrier.restarts = 0;
  return carrier;
}

const NOBODY: PresenceChanges = { channel: 'room', count: 0, changes: [], snapshot: true, state: '0' };
const WRONG: PresenceChanges = { ...NOBODY, state: 'another' };

test('members that are not those of the last state are asked for once, when nothing more comes', () => {
  const carrier = follow();
  carrier.rider?.take(WRONG);
  jest.advanceTimersByTime(4_999);
  carrier.rider?.take(WRONG);
  jest.advanceTimersByTime(4_999);
  expect(carrier.restarts).toBe(0);
  jest.advanceTimersByTime(60_000);
  expect(carrier.restarts).toBe(1);
});

test('what comes in time, and agrees, spares that', () => {
  const carrier = follow();
  carrier.rider?.take(WRONG);
  carrier.rider?.take(NOBODY);
  jest.advanceTimersByTime(60_000);
  expect(carrier.restarts).toBe(0);
});

test('nothing is asked for after the end of the subscription', () => {
  const carrier = follow();
  carrier.rider?.take(WRONG);
  carrier.dispatchEvent(new CustomEvent('status', { detail: { ...carrier.status, status: 'closed' } }));
  expect(jest.getTimerCount()).toBe(0);
});

test('above 1,000 members the names are forgotten, and only the count is known', () => {
  const carrier = new Carrier();
  const view = presence(carrier as unknown as Subscription);
  carrier.rider?.take({ channel: 'room', count: 1, changes: [{ id: 'ann', connections: 1 }], snapshot: true, state: '' });
  expect([...view.members.keys()]).toEqual(['ann']);
  carrier.rider?.take({ channel: 'room', count: 1_001, state: 'count.rt' });
  expect([view.count, view.members.size, carrier.rider?.state]).toEqual([1_001, 0, 'count.rt']);
});
