import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_BATCH_BYTES, parseNewBatch } from '../../../../backbone/domain/batch.ts';
import { parseNewEvent } from '../../../../backbone/domain/event.ts';
import { encodeNotification } from '../../../../backbone/domain/notification.ts';
import { encodeDeliveryJob, parseDeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import { JOB_SIZE } from '../../../../lambda/websocket/fan-out-event.ts';
import { MAX_BATCH_EVENTS } from '../../../../packages/protocol/publication.ts';
import { channelEvent } from '../../../support/arbitraries.ts';

const job = fc.record({
  events: fc
    .tuple(channelEvent, fc.array(channelEvent))
    .map(([first, others]) => [first, ...others.map((event) => ({ ...event, channel: first.channel }))]),
  subscribers: fc.array(
    fc.record(
      { connectionId: fc.string(), version: fc.string(), batch: fc.constant(true as const) },
      { requiredKeys: ['connectionId', 'version'] },
    ),
  ),
  attempt: fc.integer({ min: 1, max: 100 }),
});

const BODY = {
  event: { channel: 'a', epoch: 'k', seq: 1, type: 'message', data: 'x', publishedAt: 1 },
  subscribers: [['c', 'v']],
  attempt: 1,
};

describe('a delivery job', () => {
  test('is unchanged after the queue', () => {
    fc.assert(fc.property(job, (value) => expect(parseDeliveryJob(encodeDeliveryJob(value))).toEqual(value)));
  });

  test('of the largest event and a thousand subscribers fits an SQS message', () => {
    const { channel, type, data } = parseNewEvent({ channel: 'a', data: '\u0001'.repeat(21_780) });
    const event = { channel, type, data, epoch: 'k3f9k3', seq: 1_000_000, publishedAtMs: Date.now() };
    const subscribers = Array.from({ length: 1_000 }, (_, i) => ({ connectionId: `L0SM9cOFvHcCIhw${i}=`, version: crypto.randomUUID() }));
    expect(Buffer.byteLength(encodeDeliveryJob({ events: [event], subscribers, attempt: 1 }))).toBeLessThan(256 * 1024);
  });

  test('of the largest batch and a full page of subscribers fits an SQS message', () => {
    const data = 'x'.repeat(1_820);
    const batch = parseNewBatch({ channel: 'a', events: Array.from({ length: MAX_BATCH_EVENTS }, () => ({ data })) });
    const events = batch.events.map((event, index) => ({
      channel: 'a',
      ...event,
      epoch: 'k3f9k3',
      seq: 1_000_000 + index,
      publishedAtMs: Date.now(),
    }));
    expect(Buffer.byteLength(encodeNotification(events))).toBeGreaterThan(MAX_BATCH_BYTES - 10_000);
    const subscribers = Array.from({ length: JOB_SIZE }, (_, i) => ({
      connectionId: `L0SM9cOFvHcCIhw${i}=`,
      version: crypto.randomUUID(),
      batch: true as const,
    }));
    expect(Buffer.byteLength(encodeDeliveryJob({ events, subscribers, attempt: 1 }))).toBeLessThan(256 * 1024);
  });

  test('of one event is still read as it was encoded before batches', () => {
    expect(parseDeliveryJob(JSON.stringify(BODY)).events).toHaveLength(1);
  });

  test('from anybody is rejected by name if invalid', () => {
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
    ['subscribers', [['c', 'v', true]]],
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
