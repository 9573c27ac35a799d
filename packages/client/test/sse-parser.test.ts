import { describe, expect, test } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { createSseParser, type SseFrame } from '../src/sse-parser.ts';

function parse(chunks: readonly string[]): readonly SseFrame[] {
  const feed = createSseParser();
  return chunks.flatMap((chunk) => feed(chunk));
}

const value = fc.oneof(
  fc.constantFrom('', ' ', 'k3f9.7', '1500', 'reset', ':', 'a:b', ' x', '\0', '💡', 'data'),
  fc.string({ unit: 'grapheme' }),
);
const field = fc
  .tuple(fc.constantFrom('data', 'event', 'id', 'retry', '', 'unknown', 'Data'), fc.constantFrom(':', ': ', ''), value)
  .map(([name, colon, text]) => `${name}${colon}${text.replace(/[\r\n]/g, '')}`);
const line = fc.oneof(
  { weight: 4, arbitrary: field },
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constant(':') },
);
const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 40 }).map((lines) => lines.flat().join(''));

/** The same text, cut at random places. */
const cutStream = fc.tuple(stream, fc.array(fc.nat(), { maxLength: 20 })).map(([text, places]) => {
  const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return { text, chunks: cuts.slice(1).map((end, index) => text.slice(cuts[index], end)) };
});

describe('an event stream', () => {
  test('dispatches what eventsource-parser dispatches, wherever it is cut', () => {
    fc.assert(
      fc.property(cutStream, ({ text, chunks }) => {
        const expected: { event: string; data: string; id: string | undefined }[] = [];
        const oracle = createParser({
          onEvent: ({ event, data, id }) => {
            expected.push({ event: event ?? 'message', data, id });
          },
        });
        // The oracle waits after a final CR, because an LF may follow. A comment completes it and dispatches nothing.
        oracle.feed(`${text}:`);
        const actual = parse(chunks).filter(({ data }) => data !== undefined);
        expect(actual.map(({ event, data }) => ({ event, data }))).toEqual(expected.map(({ event, data }) => ({ event, data })));
        for (const [index, { id }] of expected.entries()) if (id !== undefined) expect(actual[index]?.id).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is the same wherever it is cut', () => {
    fc.assert(
      fc.property(cutStream, ({ text, chunks }) => {
        expect(parse(chunks)).toEqual(parse([text]));
      }),
    );
  });

  test('returns a frame that only sets the id, and one that only sets the wait', () => {
    expect(parse(['retry: 1500\n\nid: k3f9.7\n\n:\n\n'])).toEqual([
      { id: undefined, event: 'message', data: undefined, retryMs: 1500 },
      { id: 'k3f9.7', event: 'message', data: undefined, retryMs: undefined },
    ]);
  });

  test('says a wait at once, in a frame that has not ended too, and without the id of that frame', () => {
    expect(parse(['id: k3f9.7\nretry: 1500\n'])).toEqual([{ id: undefined, event: 'message', data: undefined, retryMs: 1500 }]);
  });

  test('knows the channel of the frame that names one, and of no other', () => {
    expect(parse(['channel: a\ndata: 1\n\ndata: 2\n\n'])).toMatchObject([
      { channel: 'a', data: '1' },
      { channel: undefined, data: '2' },
    ]);
  });

  test('takes the last of several ids of one frame', () => {
    expect(parse(['retry: 1\nid: k3f9.7\n:\nid: k3f9.8\ndata: a\n\n']).at(-1)).toMatchObject({ id: 'k3f9.8', data: 'a' });
  });

  test('keeps the last id for the frames that follow', () => {
    expect(parse(['id: k3f9.7\n\ndata: a\n\n']).at(-1)).toEqual({ id: 'k3f9.7', event: 'message', data: 'a', retryMs: undefined });
  });

  test('ignores a wait that is not a number, and an id with a NUL', () => {
    expect(parse(['retry: soon\nid: a\0b\ndata: a\n\n'])).toEqual([{ id: undefined, event: 'message', data: 'a', retryMs: undefined }]);
  });
});
