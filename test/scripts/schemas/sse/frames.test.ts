import { expect, test } from '@jest/globals';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import * as v from 'valibot';
import { latestFrame, snapshotFrame } from '../../../../fargate/sse/hub/latest/latest-frames.ts';
import {
  EXPIRED,
  encodeOpening,
  encodeResumption,
  encodeRetry,
  eventBody,
  idLine,
  resetBody,
} from '../../../../fargate/sse/sse-encoding.ts';
import {
  streamEvent,
  streamExpired,
  streamLatest,
  streamOpening,
  streamReset,
  streamSnapshot,
} from '../../../../packages/protocol/schema/sse/frames.ts';

import { latestEvent } from '../../../support/latest.ts';

/** What an SSE parser hands over, against the schemas. */

function parse(text: string): { readonly events: readonly EventSourceMessage[]; readonly retry: readonly number[] } {
  const events: EventSourceMessage[] = [];
  const retry: number[] = [];
  createParser({ onEvent: (event) => events.push(event), onRetry: (ms) => retry.push(ms) }).feed(text);
  // The parser names a field that a frame does not have, as undefined.
  return { events: events.map((event) => JSON.parse(JSON.stringify(event))), retry };
}

test.each([
  ['an event', streamEvent, `${idLine('k3f9.8')}${eventBody({ type: 'placed', data: 'two\nlines' })}`],
  ['an event of several channels, without a type', streamEvent, `${idLine('a=k3f9.8,b=k4.1')}${eventBody({ type: 'message', data: '' })}`],
  ['an event of an ephemeral channel', streamEvent, eventBody({ type: 'typing', data: 'ann' })],
  ['a reset', streamReset, `${idLine('k3f9.8')}${resetBody({ channel: 'orders', reason: 'expired' })}`],
  ['an event of a latest channel', streamLatest, latestFrame(latestEvent(1)).toString()],
  ['the end of a snapshot', streamSnapshot, snapshotFrame({ channel: 'a', keys: 0, state: '00000000000000' }).toString()],
  ['the end of a token', streamExpired, EXPIRED],
] as const)('%s', (_, schema, frame) => {
  const { events } = parse(frame);

  expect(events).toHaveLength(1);
  expect(v.parse(schema, events[0])).toEqual(events[0]);
});

test('a parser that knows only the fields of the standard gets the base64 of bytes', () => {
  const { events } = parse(`${idLine('k3f9.8')}${eventBody({ type: 'message', data: 'AA==', encoding: 'base64' })}`);

  expect(events).toEqual([{ id: 'k3f9.8', data: 'AA==' }]);
  expect(v.is(streamEvent, { ...events[0], encoding: 'base64' })).toBe(true);
});

test('the opening of a new stream dispatches nothing; that of a resumed one is completed by the first event', () => {
  const event = `${idLine('k3f9.8')}${eventBody({ type: 'message', data: 'text' })}`;

  expect(parse(encodeOpening('k3f9.7', 1_000))).toEqual({ events: [], retry: [1_000] });
  expect(parse(encodeRetry(1_000) + event)).toEqual({ events: [{ id: 'k3f9.8', data: 'text' }], retry: [1_000] });
  expect(parse(encodeResumption('k3f9.7', 1_000) + event)).toEqual({ events: [{ id: 'k3f9.8', data: 'text' }], retry: [1_000] });
  expect(v.is(streamOpening, { retry: 1_000, id: 'k3f9.7' })).toBe(true);
  expect(v.is(streamOpening, { retry: 1_000 })).toBe(true);
});
