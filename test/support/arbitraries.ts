import * as fc from 'fast-check';
import type { ChannelEvent, EventContent } from '../../backbone/domain/event.ts';
import { type ChannelPosition, ORIGIN } from '../../packages/protocol/cursor.ts';

const CHANNEL_CHARACTERS = [...'abcxyzABCXYZ0189_.:-'];

/** Every valid channel name. */
export const channelName: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom(...CHANNEL_CHARACTERS), minLength: 1, maxLength: 128 })
  .filter((name) => name !== '.' && name !== '..');

/** Every valid position of an epoch: `0` is the word of the one before all epochs. */
const positionInEpoch: fc.Arbitrary<ChannelPosition> = fc.record({
  epoch: fc.string({ unit: fc.constantFrom(...'abcxyz0189'), minLength: 1, maxLength: 32 }).filter((epoch) => epoch !== ORIGIN.epoch),
  seq: fc.maxSafeNat(),
});

/** Every valid position. */
export const position: fc.Arbitrary<ChannelPosition> = fc.oneof({ weight: 9, arbitrary: positionInEpoch }, fc.constant(ORIGIN));

const content: fc.Arbitrary<EventContent> = fc.oneof(
  fc.record({ type: channelName, data: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()) }),
  fc.record({
    type: channelName,
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    encoding: fc.constant('base64' as const),
  }),
);

/** Every event that a log can hold. */
export const channelEvent: fc.Arbitrary<ChannelEvent> = fc
  .record({
    content,
    channel: channelName,
    epoch: positionInEpoch.map(({ epoch }) => epoch),
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    publishedAtMs: fc.integer({ min: 0, max: Date.UTC(2200, 0) }),
  })
  .map(({ content, ...rest }) => ({ ...rest, ...content }));
