import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { parseFrame } from '../../../../lambda/websocket/parse-frame.ts';
import type { ChannelKind } from '../../../../packages/protocol/index.ts';
import { InvalidInputError } from '../../../../packages/protocol/invalid-input.ts';
import { MAX_BATCH_EVENTS } from '../../../../packages/protocol/publication.ts';
import { CLIENT_FRAMES, SERVER_FRAMES } from '../../../../packages/protocol/schema/websocket/frames.ts';

/** Schemas against the function that parses frames, and against the page that shows some of each kind. */

const clientFrame = v.variant('action', Object.values(CLIENT_FRAMES));
const serverFrame = v.variant('kind', Object.values(SERVER_FRAMES));

/** Good and bad values of each field. */
const FIELDS = {
  action: fc.constantFrom('subscribe', 'unsubscribe', 'publish', 'history', 'ping', 'present', 'absent', 'dance', 7),
  channel: fc.constantFrom('orders', 'a'.repeat(128), 'a'.repeat(129), '', 'a b', '.', '..', 7, null),
  after: fc.constantFrom('k3f9.7', '0.0', 'k3f9.07', 'K3F9.7', 'k3f9', 7),
  before: fc.constantFrom('k3f9.7', '0.0', 'k3f9', 'now', 7, null),
  last: fc.constantFrom(1, 500, 501, 0, 1.5, '5', null),
  batch: fc.constantFrom(true, false, 'yes'),
  heads: fc.constantFrom(true, false, 1),
  presence: fc.constantFrom(true, false, 'yes'),
  presenceState: fc.constantFrom('1gjm2moz39xik', 'count.rt', '', 'A B', 'a'.repeat(33), 7),
  presenceStates: fc.constantFrom({}, { orders: '1gjm2moz39xik' }, { orders: '' }, { orders: 7 }, { orders: 'A B' }, 7, null),
  type: fc.constantFrom('placed', 'reset', 'open', 'a b', '', 7),
  data: fc.constantFrom('text', '', 7, null),
  encoding: fc.constantFrom('base64', 'hex', 7, null),
  events: fc.constantFrom(
    [{ data: 'text', encoding: 'base64' }],
    [{ data: 'text', encoding: 'hex' }],
    [{ data: 'one' }, { type: 'paid', data: 'two' }],
    Array(MAX_BATCH_EVENTS).fill({ data: '' }),
    Array(MAX_BATCH_EVENTS + 1).fill({ data: '' }),
    [],
    [{ data: 'one' }, { data: 7 }],
    [{ type: 'reset', data: 'one' }],
    [{ data: 'one', key: 'order-17' }],
    [{ data: 'one', channel: 'orders' }],
    [null],
    [
      { conflationKey: 'x', data: 'one' },
      { conflationKey: 'y', removed: true },
    ],
    [{ conflationKey: 'x', data: 'one' }, { data: 'two' }],
    [{ conflationKey: 'a b', data: 'one' }],
    { data: 'one' },
    null,
  ),
  conflationKey: fc.constantFrom('x', 'k'.repeat(128), 'k'.repeat(129), 'a b', '', 7),
  removed: fc.constantFrom(true, false, 'yes'),
  state: fc.constantFrom('0'.repeat(14), 'a', 7),
  key: fc.constantFrom('order-17', 'é', '', 'k'.repeat(129), 7),
  requestId: fc.constantFrom('1', 'r'.repeat(128), 'r'.repeat(129), 7),
};

const anyFrame = fc.record(FIELDS, { requiredKeys: ['action'] });

/** Good publications are rare among all frames: these have no field that spoils them by being there. */
const { events, type, data, encoding, conflationKey, removed, ...others } = {
  ...FIELDS,
  action: fc.constant('publish'),
  channel: fc.constant('orders'),
};
const anyEvent = fc.record({ ...others, type, data, encoding }, { requiredKeys: ['action', 'channel', 'data'] });
const anyLatest = fc.record({ ...others, type, data, conflationKey, removed }, { requiredKeys: ['action', 'channel', 'conflationKey'] });
const anyBatch = fc.record({ ...others, events }, { requiredKeys: ['action', 'channel', 'events'] });

test('a frame is valid for the schemas if, and only if, the function takes it', () => {
  // The kind of the channel decides whether an event needs a key or may have none.
  const isTakenOn = (kind: ChannelKind, frame: unknown) =>
    !(parseFrame(JSON.stringify(frame), () => kind).command instanceof InvalidInputError);
  const isTaken = (frame: unknown) => isTakenOn('durable', frame) || isTakenOn('latest', frame);
  const taken = { event: 0, latest: 0, batch: 0, other: 0 };
  const kindOf = (frame: object) => {
    if (!('action' in frame) || frame.action !== 'publish') return 'other';
    if ('events' in frame) return 'batch';
    return 'conflationKey' in frame ? 'latest' : 'event';
  };
  fc.assert(
    fc.property(fc.oneof(anyFrame, anyEvent, anyLatest, anyBatch), (frame) => {
      if (isTaken(frame)) taken[kindOf(frame)]++;
      expect([frame, v.is(clientFrame, frame)]).toEqual([frame, isTaken(frame)]);
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(...Object.values(taken))).toBeGreaterThan(0);
});

test('the frames that the page shows are valid, and of every kind', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/websocket/protocol.md'), 'utf8');
  const lines = page.split('\n');
  const shown = (start: string): unknown[] => lines.filter((line) => line.startsWith(start)).map((line) => JSON.parse(line));
  const fromClients = shown('{ "action"').map((frame) => v.parse(clientFrame, frame));
  const fromServer = shown('{ "kind"').map((frame) => v.parse(serverFrame, frame));

  const namesOf = (frame: unknown) => Object.entries(CLIENT_FRAMES).flatMap(([name, schema]) => (v.is(schema, frame) ? [name] : []));
  expect(new Set(fromClients.flatMap(namesOf))).toEqual(new Set(Object.keys(CLIENT_FRAMES)));
  expect(new Set(fromServer.map(({ kind }) => kind))).toEqual(new Set(Object.keys(SERVER_FRAMES)));
});
