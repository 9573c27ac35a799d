import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChannelEvent, encodeEventFrame, toWireEvent } from '../../../../backbone/domain/event.ts';
import { EventPacker, encodeFrames, MAX_BATCH_BYTES } from '../../../../lambda/websocket/domain/event-batch.ts';
import type { ServerFrame } from '../../../../packages/protocol/index.ts';

const eventOf = (seq: number, data: string): ChannelEvent => ({
  channel: 'demo',
  epoch: 'e',
  seq,
  type: 'message',
  data,
  publishedAtMs: seq,
});

function pack(events: readonly ChannelEvent[]): readonly string[] {
  const packer = new EventPacker('demo');
  return [...events.map((event) => packer.add(event)), packer.flush()].filter((frame) => frame !== undefined);
}

test('whatever is packed is complete and in order, in frames that are billed as one message each', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(700)), { maxLength: 60 }), (sizes) => {
      const events = sizes.map(([text, times], index) => eventOf(index + 1, text.repeat(times)));
      const frames = pack(events);
      for (const frame of frames) {
        if ((JSON.parse(frame) as ServerFrame).kind === 'events') expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      }
      const unpacked = frames.flatMap((text) => {
        const frame = JSON.parse(text) as ServerFrame;
        if (frame.kind === 'events') return frame.events.map((event) => ({ channel: frame.channel, ...event }));
        const { kind, ...event } = frame;
        return [event];
      });
      expect(unpacked).toEqual(events.map(toWireEvent));
    }),
  );
});

test('a frame is filled before the next begins', () => {
  const frames = pack(Array.from({ length: 2_000 }, (_, index) => eventOf(index + 1, 'x'.repeat(20))));
  expect(frames.length).toBe(Math.ceil(frames.join('').length / MAX_BATCH_BYTES));
});

test('only a client that accepts several events per frame gets them so', () => {
  const events = [eventOf(1, 'x'), eventOf(2, 'y')];
  expect(encodeFrames('demo', events, false)).toEqual(events.map(encodeEventFrame));
  const [frame = '', ...others] = encodeFrames('demo', events, true);
  expect(others).toEqual([]);
  expect(JSON.parse(frame)).toMatchObject({ kind: 'events', channel: 'demo', events: [{ data: 'x' }, { data: 'y' }] });
});

test('one event alone is an `event` frame, whatever its size', () => {
  const event = eventOf(1, 'x'.repeat(90_000));
  expect(pack([event])).toEqual([encodeEventFrame(event)]);
  expect(pack([])).toEqual([]);
});
