import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { encodePage } from '../../../../fargate/sse/http/poll-page.ts';
import { parsePosition } from '../../../../packages/protocol/cursor.ts';

const event = (seq: number, data: string): ChannelEvent => ({
  channel: 'demo',
  epoch: 'k3f9',
  seq,
  type: 'message',
  data,
  publishedAtMs: 0,
});

async function encode(data: readonly string[]) {
  let turns = 0;
  const page = {
    events: data.map((text, index) => event(index + 1, text)),
    cursor: new Map([['demo', parsePosition(`k3f9.${data.length}`)]]),
    ephemeral: [],
    presence: [],
    resets: [],
  };
  const body = await encodePage(['demo'], page, async (work) => {
    turns++;
    return work();
  });
  return { turns, answer: JSON.parse(Buffer.concat(body.map((part) => Buffer.from(part as string))).toString()) };
}

test('whatever the events are, the pieces form one response', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), async (data) => {
      const { answer } = await encode(data);
      expect(answer.events.map((sent: { data: string }) => sent.data)).toEqual(data);
      expect(answer.cursor).toBe(`k3f9.${data.length}`);
      expect(answer.resets).toBeUndefined();
    }),
  );
});

test('a big page is encoded in pieces, each in its own turn', async () => {
  const { turns, answer } = await encode(Array.from({ length: 40 }, () => 'x'.repeat(21_000)));
  expect(answer.events).toHaveLength(40);
  expect(turns).toBe(40);
});
