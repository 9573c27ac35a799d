/** Whatever a reader names as its channel and its cursor, the log holds the same afterwards. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EventLog } from '../../../../backbone/ports.ts';
import type { ChannelPosition } from '../../../../packages/protocol/cursor.ts';
import { position } from '../../../support/arbitraries.ts';
import { GRACE_MS, HubWorld } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

const WRITES = ['allocate', 'append', 'tombstone', 'setClaim', 'markNotified'] as const;

/** Notes every call that writes. */
function watched(log: EventLog, writes: string[]): EventLog {
  return new Proxy(log, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (WRITES.some((write) => write === property)) writes.push(`${String(property)} ${JSON.stringify(args)}`);
        return member.apply(target, args);
      };
    },
  });
}

/** Any cursor, and those of the channel's own epoch, which is `m00001`, around its head, which is seq 3. */
const forged: fc.Arbitrary<ChannelPosition> = fc.oneof(
  position,
  fc.record({ epoch: fc.constant('m00001'), seq: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.maxSafeNat()) }),
);

test.each(['never used', 'used', 'wiped'])('a poll and a stream of a channel that was %s', async (state) => {
  await fc.assert(
    fc.asyncProperty(forged, async (cursor) => {
      const writes: string[] = [];
      const plain = new HubWorld();
      const world = new HubWorld({ log: watched(plain.log, writes), clock: plain.clock });
      try {
        if (state !== 'never used') for (const data of ['1', '2', '3']) await plain.store('demo', data);
        await plain.clock.advance(GRACE_MS + 1);
        if (state === 'wiped') plain.log.wipe();
        const { sink } = await world.open(['demo'], `${cursor.epoch}.${cursor.seq}`);
        await until(() => sink.text !== '');
        const subscriber = { channels: ['demo'], cursor: new Map([['demo', cursor]]) };
        await world.hub.poll(subscriber, 0, new AbortController().signal);
        await idle();
        expect(writes).toEqual([]);
      } finally {
        world.hub.close();
        plain.hub.close();
      }
    }),
    { numRuns: 60 },
  );
});
