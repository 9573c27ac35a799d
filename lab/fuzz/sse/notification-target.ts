import * as fc from 'fast-check';
import { encodeNotification, parseNotification } from '../../../backbone/domain/notification.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { HubWorld } from '../../../test/fargate/sse/support/hub-world.ts';
import { until } from '../../../test/fargate/sse/support/until.ts';
import { channelEvent } from '../../../test/support/arbitraries.ts';
import { distorted, hostileJson, mangled } from '../hostile.ts';
import type { OpenTarget, Target } from '../target.ts';

/** Of one event, or of several of one channel. */
const notification = fc
  .array(channelEvent, { minLength: 1, maxLength: 3 })
  .map((events) => encodeNotification(events.map((event) => ({ ...event, channel: 'demo' }))));

/** Messages in the queues of both lanes: they must be refused with a reason, or do no more than a hint may do. */
export const target: Target = {
  name: 'queue messages',
  async open(): Promise<OpenTarget<string>> {
    const world = new HubWorld();
    const { sink } = await world.open(['demo']);
    return {
      inputs: fc.oneof(
        notification,
        mangled(notification.map((body) => Buffer.from(body))).map((bytes) => bytes.toString()),
        distorted({ channel: 'demo', epoch: 'e1', seq: 1, type: 'message', data: 'x', publishedAt: 0 }),
        distorted({ channel: 'demo', events: [{ epoch: 'e1', seq: 1, type: 'message', data: 'x', publishedAt: 0 }] }),
        hostileJson,
      ),
      async try(message) {
        try {
          for (const event of parseNotification(message)) await world.hub.offer(event);
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
