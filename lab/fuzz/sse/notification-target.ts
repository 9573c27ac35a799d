import * as fc from 'fast-check';
import { encodeNotification, parseNotification } from '../../../backbone/domain/notification.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { HubWorld } from '../../../test/fargate/sse/support/hub-world.ts';
import { until } from '../../../test/fargate/sse/support/until.ts';
import { channelEvent } from '../../../test/support/arbitraries.ts';
import { distorted, hostileJson, mangled } from '../hostile.ts';
import type { OpenTarget, Target } from '../target.ts';

/** Messages in the queues of both lanes: they must be refused with a reason, or do no more than a hint may do. */
export const target: Target = {
  name: 'queue messages',
  async open(): Promise<OpenTarget<string>> {
    const world = new HubWorld();
    const { sink } = await world.open(['demo']);
    return {
      inputs: fc.oneof(
        channelEvent.map(encodeNotification),
        mangled(channelEvent.map((event) => Buffer.from(encodeNotification(event)))).map((bytes) => bytes.toString()),
        distorted({ channel: 'demo', epoch: 'e1', seq: 1, type: 'message', data: 'x', publishedAtMs: 0 }),
        hostileJson,
      ),
      async try(message) {
        try {
          await world.hub.offer(parseNotification(message));
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
        }
      },
      async check() {
        await world.publish('demo', 'still there');
        await until(() => sink.data.includes('still there'));
      },
      close: async () => world.hub.close(),
    };
  },
};
