import { sameEventsEverywhere } from '../../../../scripts/verify-stage/scenario/deliveries.ts';
import { numbered, publishAll } from '../../../../scripts/verify-stage/scenario/entrances.ts';
import { check, type Step } from '../../../../scripts/verify-stage/scenario/step.ts';
import { Subscriber, withSubscribers } from '../../../../scripts/verify-stage/scenario/subscriber.ts';
import { channelOf } from '../../../../scripts/verify-stage/scenario/target.ts';
import { stoppedTasks } from './tasks.ts';
import type { World } from './world.ts';

/** What was published before an update. */
export interface Before {
  readonly channel: string;
  readonly ids: readonly string[];
}

export async function publishBefore(world: World): Promise<Before> {
  const channel = channelOf(world, 'update');
  return { channel, ids: await publishAll(world, channel, numbered('before the update', 5)) };
}

/** After an update that has replaced the topic, with new tasks. The last step stops them, so that they remove their queues. */
export const afterReplacement = (before: Before): readonly Step<World>[] => [sameEventsEverywhere, resumes(before), stoppedTasks];

function resumes({ channel, ids: [baseline, ...missed] }: Before): Step<World> {
  return {
    name: 'subscribers from before the update resume, and get what is published after it',
    async run(world) {
      const transports = ['sse', 'websocket', 'poll'] as const;
      const subscribers = transports.map((transport) => new Subscriber(world, transport, channel, baseline));
      return withSubscribers(subscribers, async () => {
        const expected = [...missed, ...(await publishAll(world, channel, numbered('after the update', 5)))];
        await Promise.all(subscribers.map((subscriber) => subscriber.count(expected.length)));
        for (const [at, { ids }] of subscribers.entries()) {
          check(ids.join() === expected.join(), `over ${transports[at]}: expected ${expected.join(' ')}, got ${ids.join(' ')}`);
        }
        return `${missed.length} events from before and ${expected.length - missed.length} from after over each of ${transports.join(', ')}`;
      });
    },
  };
}
