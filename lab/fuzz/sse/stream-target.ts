import * as fc from 'fast-check';
import { parseNewEvent } from '../../../backbone/domain/event.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';
import { parseStream } from '../../../test/fargate/sse/support/fake-sink.ts';
import { HubWorld } from '../../../test/fargate/sse/support/hub-world.ts';
import { until } from '../../../test/fargate/sse/support/until.ts';
import { hostileText } from '../hostile.ts';
import { Breach, type OpenTarget, type Target } from '../target.ts';

interface Input {
  readonly type: string;
  readonly data: string;
}

/** What is published ends up in lines of a stream: no field and no event may be made up by its text. */
export const target: Target = {
  name: 'published text',
  async open(): Promise<OpenTarget<Input>> {
    const world = new HubWorld();
    const { sink } = await world.open(['demo']);
    return {
      inputs: fc.record({ type: fc.oneof(fc.constant('message'), hostileText), data: hostileText }),
      async try({ type, data }) {
        let publication: ReturnType<typeof parseNewEvent>;
        try {
          publication = parseNewEvent({ channel: 'demo', type, data });
        } catch (error) {
          if (error instanceof InvalidInputError) return;
          throw error;
        }
        sink.writes.length = 0;
        const { log, bus, clock } = world;
        world.hub.offer(await publish(publication, 'tests', { log, bus, clock, publishTimeoutMs: 2_000 }));
        await until(() => sink.writes.length > 0);
        const events = parseStream(sink.text);
        const [event] = events;
        if (events.length !== 1 || event?.data !== publication.data || (event.event ?? 'message') !== publication.type) {
          throw new Breach(`${JSON.stringify({ type, data })} arrives as ${JSON.stringify(events).slice(0, 500)}`);
        }
      },
      check: async () => {},
      close: async () => world.hub.close(),
    };
  },
};
