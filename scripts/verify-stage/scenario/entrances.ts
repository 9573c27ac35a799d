import { openClient } from './subscriber.ts';
import type { Entrance, Target } from './target.ts';

/** Calls `work` with every way to publish that was deployed, and closes those that it has opened. */
export async function withEntrances<T>(target: Target, work: (entrances: readonly Entrance[]) => Promise<T>): Promise<T> {
  const opened = clientEntrances(target);
  try {
    return await work([...target.backends, ...opened]);
  } finally {
    for (const entrance of opened) entrance.close();
  }
}

/** One for each lane: polls publish as streams do. */
function clientEntrances(target: Target): readonly Entrance[] {
  const lanes = [
    { name: 'POST', transport: 'sse', url: target.http },
    { name: 'WebSocket frame', transport: 'websocket', url: target.websocket },
  ] as const;
  return lanes
    .filter(({ url }) => url !== undefined)
    .map(({ name, transport }) => {
      const client = openClient(target, transport);
      return {
        name,
        scope: 'user',
        publish: async (channel, data, key) => (await client.publish(channel, { data, key })).id,
        close: () => client.close(),
      };
    });
}

/** Publishes as a user. @returns the ids, in order */
export async function publishAll(target: Target, channel: string, texts: readonly string[]): Promise<readonly string[]> {
  const client = openClient(target, 'auto');
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
