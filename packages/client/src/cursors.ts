import { LanesError } from './errors.ts';
import type { Feeds } from './shared-requests.ts';

/** The cursor of a request for all of them; undefined if none has a position yet. */
export function joinCursors(feeds: Feeds): string | undefined {
  const at = [...feeds].flatMap(([channel, { order }]) => (order.cursor === undefined ? [] : [[channel, order.cursor] as const]));
  const [first] = at;
  if (first === undefined) return undefined;
  return feeds.size === 1 ? first[1] : joinPairs(at);
}

/** What they hold of `latest` channels. */
export function statesOf(feeds: Feeds): readonly (readonly [channel: string, state: string])[] {
  return [...feeds].flatMap(([channel, { latest }]) => (latest.state ? [[channel, latest.state] as const] : []));
}

/** `a=1,b=2` */
export function joinPairs(pairs: Iterable<readonly [channel: string, value: string]>): string {
  return [...pairs].map((pair) => pair.join('=')).join();
}

/**
 * The positions in a cursor of the server, by channel.
 * @param channels those of the request
 */
export function splitCursor(text: string, [only, ...others]: readonly string[]): readonly (readonly [channel: string, id: string])[] {
  if (only !== undefined && others.length === 0) return [[only, text]];
  return text.split(',').map((part) => {
    const [, channel, id] = /^(.+)=(.+)$/.exec(part) ?? [];
    if (channel !== undefined && id !== undefined) return [channel, id];
    throw new LanesError('invalid_cursor', `"${text}" does not name its channels`);
  });
}

/** What rides on the subscriptions of a request, which say the same about all of its channels. */
export function addRiders(query: URLSearchParams, feeds: Feeds): void {
  for (const { rider } of feeds.values()) {
    for (const [name, value] of Object.entries(rider?.query() ?? {})) {
      if (name === 'presenceState') query.append(name, value);
      else query.set(name, value);
    }
  }
}
