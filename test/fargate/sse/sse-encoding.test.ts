import { expect, test } from '@jest/globals';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { encodeOpening, encodeResumption, eventBody, HEARTBEAT, idLine, resetBody } from '../../../fargate/sse/sse-encoding.ts';

interface Heard {
  readonly events: EventSourceMessage[];
  readonly retries: number[];
}

/** Parses bytes as a client does that reads them in pieces cut anywhere, in the middle of a character too. */
function hear(bytes: Buffer, cuts: readonly number[]): Heard {
  const heard: Heard = { events: [], retries: [] };
  const parser = createParser({ onEvent: (event) => heard.events.push(event), onRetry: (ms) => heard.retries.push(ms) });
  const decoder = new TextDecoder();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, place] of places.slice(1).entries())
    parser.feed(decoder.decode(bytes.subarray(places[index], place), { stream: true }));
  return heard;
}

const event = fc.record({
  type: fc.oneof(fc.constant('message'), fc.stringMatching(/^[A-Za-z0-9_.:-]{1,20}$/)),
  data: fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom('\n', ' ', ':', 'a', '\0', '\u2028', '😀') })),
});
const cuts = fc.array(fc.nat(), { maxLength: 10 });

test('bytes are marked in a field of their own, which EventSource ignores', () => {
  const body = eventBody({ type: 'frame', data: 'AAH/', encoding: 'base64' });
  expect(body).toBe('event: frame\nencoding: base64\ndata: AAH/\n\n');
  expect(hear(Buffer.from(body), []).events).toEqual([{ id: undefined, event: 'frame', data: 'AAH/' }]);
});

test('a parser gets every event unchanged, whatever its content and however its bytes are split', () => {
  fc.assert(
    fc.property(fc.constantFrom(encodeOpening, encodeResumption), fc.array(event), cuts, (begin, events, cut) => {
      const normal = events.map(({ type, data }) => ({ type, data: data.replace(/\r\n?/g, '\n') }));
      const text = normal.map((each, index) => idLine(`e1.${index + 1}`) + eventBody(each)).join('');
      const heard = hear(Buffer.from(begin('e1.0', 1234) + HEARTBEAT + text + HEARTBEAT), cut);
      const expected = normal.map(({ type, data }, index) => ({
        id: `e1.${index + 1}`,
        event: type === 'message' ? undefined : type,
        data,
      }));
      expect(heard.events).toEqual(expected);
      expect(heard.retries).toEqual([1234]);
    }),
  );
});

test('a carriage return that slipped in ends a line of data and nothing else', () => {
  const heard = hear(Buffer.from(idLine('e1.1') + eventBody({ type: 'message', data: 'a\rid: e1.9\r\nb' })), []);
  expect(heard.events).toEqual([{ id: 'e1.1', event: undefined, data: 'a\nid: e1.9\nb' }]);
});

test('the opening is a frame that only sets reconnection time and id', () => {
  expect(encodeOpening('k3f9.1042', 2500)).toBe('retry: 2500\nid: k3f9.1042\n\n');
});

test('the beginning of a resumed stream is the same frame, left open for the first event', () => {
  expect(encodeResumption('k3f9.1042', 2500)).toBe('retry: 2500\nid: k3f9.1042\n');
});

test('an event of type message has no event line', () => {
  expect(eventBody({ type: 'message', data: 'one\ntwo' })).toBe('data: one\ndata: two\n\n');
});

test('an event of another type names it', () => {
  expect(eventBody({ type: 'price', data: '7' })).toBe('event: price\ndata: 7\n\n');
});

test('a reset is an event of its own type with channel and reason', () => {
  const heard = hear(Buffer.from(idLine('n1.0') + resetBody({ channel: 'demo', reason: 'expired' })), []);
  expect(heard.events).toEqual([{ id: 'n1.0', event: 'reset', data: '{"channel":"demo","reason":"expired"}' }]);
});
