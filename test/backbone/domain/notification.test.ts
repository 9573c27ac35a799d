import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { encodeNotification, parseNotification } from '../../../backbone/domain/notification.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { channelEvent } from '../../support/arbitraries.ts';

const EVENT: ChannelEvent = { channel: 'a', epoch: 'k3f9', seq: 7, type: 'message', data: 'x', publishedAtMs: 1_000 };

describe('a notification', () => {
  test('is unchanged after the topic', () => {
    fc.assert(fc.property(channelEvent, (event) => expect(parseNotification(encodeNotification([event]))).toEqual([event])));
  });

  test('of several events is unchanged after the topic, and names their channel once', () => {
    const several = fc
      .array(channelEvent, { minLength: 2, maxLength: 5 })
      .map((events) => events.map((event) => ({ ...event, channel: 'demo' })));
    fc.assert(
      fc.property(several, (events) => {
        const body = encodeNotification(events);
        expect(parseNotification(body)).toEqual(events);
        expect(JSON.parse(body)).toMatchObject({ channel: 'demo', events: events.map(({ seq }) => ({ seq })) });
        expect(JSON.parse(body).events[0]).not.toHaveProperty('channel');
      }),
    );
  });

  test('of one event has its fields beside the channel, as consumers of before read it', () => {
    expect(JSON.parse(encodeNotification([EVENT]))).toEqual({
      channel: 'a',
      epoch: 'k3f9',
      seq: 7,
      type: 'message',
      data: 'x',
      publishedAt: 1_000,
    });
  });

  test.each([[[]], ['x'], [[{}]], [[5]], [[null]], [{ 0: 'x' }]])('with the events %j is rejected', (events) => {
    expect(() => parseNotification(JSON.stringify({ channel: 'a', events }))).toThrow(InvalidInputError);
  });

  test('is rejected as a whole if one of its events is not valid', () => {
    const { events } = JSON.parse(encodeNotification([EVENT, { ...EVENT, seq: 8 }]));
    const body = JSON.stringify({ channel: 'a', events: [events[0], { ...events[1], seq: 0 }] });
    expect(() => parseNotification(body)).toThrow(InvalidInputError);
  });

  test('from anybody is parsed or rejected with an InvalidInputError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => parseNotification(body)).toThrow(expect.objectContaining({ name: 'InvalidInputError' }));
      }),
    );
  });

  test.each([
    ['channel', 'a b'],
    ['epoch', 'K3F9'],
    ['seq', 0],
    ['seq', 1.5],
    ['seq', '7x'],
    ['type', 7],
    ['type', 'x\ndata: forged'],
    ['data', null],
    ['encoding', 'hex'],
    ['encoding', 'base64'],
    ['publishedAt', '2026'],
    ['publishedAt', 1e300],
  ])('with the %s %j is rejected', (key, value) => {
    const body = JSON.stringify({ ...JSON.parse(encodeNotification([EVENT])), [key]: value });
    expect(() => parseNotification(body)).toThrow(expect.objectContaining({ name: 'InvalidInputError' }));
  });
});

test.each([
  ['deep', '{"a":'.repeat(10_000) + 1 + '}'.repeat(10_000)],
  ['deep in its epoch', `{"seq":1,"epoch":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ['without a way to become text', '{"seq":1,"epoch":{"toString":1,"valueOf":1}}'],
])('JSON that is %s is rejected like anything else that is not a notification', (_how, body) => {
  expect(() => parseNotification(body)).toThrow(InvalidInputError);
});
