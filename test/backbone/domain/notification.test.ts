import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { encodeNotification, parseNotification } from '../../../backbone/domain/notification.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { channelEvent } from '../../support/arbitraries.ts';

const EVENT: ChannelEvent = { channel: 'a', epoch: 'k3f9', seq: 7, type: 'message', data: 'x', publishedAtMs: 1_000 };

describe('a notification', () => {
  test('survives the topic', () => {
    fc.assert(fc.property(channelEvent, (event) => expect(parseNotification(encodeNotification(event))).toEqual(event)));
  });

  test('that anybody was able to send is read, or rejected by name', () => {
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
    ['publishedAt', '2026'],
    ['publishedAt', 1e300],
  ])('with the %s %j is rejected', (key, value) => {
    const body = JSON.stringify({ ...JSON.parse(encodeNotification(EVENT)), [key]: value });
    expect(() => parseNotification(body)).toThrow(expect.objectContaining({ name: 'InvalidInputError' }));
  });
});

test.each([
  ['deep', '{"a":'.repeat(10_000) + 1 + '}'.repeat(10_000)],
  ['deep in its epoch', `{"seq":1,"epoch":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ['without a way to become text', '{"seq":1,"epoch":{"toString":1,"valueOf":1}}'],
])('JSON that is %s is refused as any other that is no notification', (_how, body) => {
  expect(() => parseNotification(body)).toThrow(InvalidInputError);
});
