import { eventBridgeLane } from '../../chaos/publishers/event-bridge-lane.ts';
import { invokeLane } from '../../chaos/publishers/invoke-lane.ts';
import { output } from '../deployment.ts';
import { openClient } from './subscriber.ts';
import type { World } from './world.ts';

/** A way into the log. */
export interface Entrance {
  readonly name: string;
  /** Whose an idempotency key is: users have theirs by whichever entrance they come, and so has each kind of backend (ADR 29). */
  readonly scope: string;
  /** @returns the event's id; undefined where the way in does not tell */
  publish(channel: string, data: string, key: string): Promise<string | undefined>;
  close(): void;
}

/** Every way to publish that was deployed. */
export function entrances(world: World): readonly Entrance[] {
  const functionName = output(world.deployment, 'PublishFunctionName');
  return [
    ...[invokeLane(world.aws, functionName), eventBridgeLane(world.aws, output(world.deployment, 'EventBusName'))].map((lane) => ({
      name: lane.name,
      scope: lane.name,
      publish: (channel: string, data: string, key: string) =>
        lane.send({ channel, type: 'message', data, key, firstTriedAtMs: Date.now() }),
      close: () => lane.close(),
    })),
    ...(['sse', 'websocket'] as const).map((transport) => {
      const client = openClient(world, transport);
      return {
        name: transport === 'sse' ? 'POST' : 'WebSocket frame',
        scope: 'user',
        publish: async (channel: string, data: string, key: string) => (await client.publish(channel, { data, key })).id,
        close: () => client.close(),
      };
    }),
  ];
}

/** Publishes by HTTP. @returns the ids, in order */
export async function publishAll(world: World, channel: string, texts: readonly string[]): Promise<readonly string[]> {
  const client = openClient(world, 'sse');
  try {
    const ids: string[] = [];
    for (const data of texts) ids.push((await client.publish(channel, { data })).id);
    return ids;
  } finally {
    client.close();
  }
}

/** `<word> 1`, `<word> 2` … */
export function numbered(word: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${word} ${at + 1}`);
}
