import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseNewEvent } from '../../../../backbone/domain/event.ts';
import { encodeDeliveryJob, parseDeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import { channelEvent } from '../../../support/arbitraries.ts';

const job = fc.record({
  event: channelEvent,
  subscribers: fc.array(fc.record({ connectionId: fc.string(), version: fc.string() })),
  attempt: fc.integer({ min: 1, max: 100 }),
});

const BODY = {
  event: { channel: 'a', epoch: 'k', seq: 1, type: 'message', data: 'x', publishedAt: 1 },
  subscribers: [['c', 'v']],
  attempt: 1,
};

describe('a delivery job', () => {
  test('survives the queue', () => {
    fc.assert(fc.property(job, (value) => expect(parseDeliveryJob(encodeDeliveryJob(value))).toEqual(value)));
  });

  test('of the largest event and a thousand subscribers fits an SQS message', () => {
    const { channel, type, data } = parseNewEvent({ channel: 'a', data: '\u0001'.repeat(21_780) });
    const event = { channel, type, data, epoch: 'k3f9k3', seq: 1_000_000, publishedAtMs: Date.now() };
    const subscribers = Array.from({ length: 1_000 }, (_, i) => ({ connectionId: `L0SM9cOFvHcCIhw${i}=`, version: crypto.randomUUID() }));
    expect(Buffer.byteLength(encodeDeliveryJob({ event, subscribers, attempt: 1 }))).toBeLessThan(256 * 1024);
  });

  test('that anybody was able to send is rejected by name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => parseDeliveryJob(body)).toThrow(expect.objectContaining({ name: 'InvalidInputError' }));
      }),
    );
  });

  test.each([
    ['event', undefined],
    ['event', { ...BODY.event, seq: 0 }],
    ['subscribers', 'c'],
    ['subscribers', [['c']]],
    ['subscribers', [['c', 7]]],
    ['subscribers', [null]],
    ['attempt', 0],
    ['attempt', 1.5],
    ['attempt', '1'],
  ])('with the %s %j is rejected', (key, value) => {
    expect(parseDeliveryJob(JSON.stringify(BODY))).toMatchObject({ attempt: 1 });
    expect(() => parseDeliveryJob(JSON.stringify({ ...BODY, [key]: value }))).toThrow(
      expect.objectContaining({ name: 'InvalidInputError' }),
    );
  });
});
