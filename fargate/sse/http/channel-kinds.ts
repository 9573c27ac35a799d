import type { KindOf } from '../../../backbone/domain/channel-kind.ts';
import { type Cursor, parseCursor } from '../../../packages/protocol/cursor.ts';
import { KINDS_HEADER } from '../../../packages/protocol/index.ts';
import { parseStates } from '../../../packages/protocol/state-tag.ts';
import type { Reply } from './reply.ts';
import { single } from './request-target.ts';

/** Tells the client what is kept of its channels. Nothing if all are durable, as on servers that know no other kind. */
export function kindsHeader(channels: readonly string[], kindOf: KindOf): Reply['headers'] {
  const kinds = channels.map(kindOf);
  return kinds.every((kind) => kind === 'durable') ? {} : { [KINDS_HEADER]: kinds.join(', ') };
}

/**
 * What a client says that it holds of `latest` channels. As with cursors, what it says of others has no effect.
 * @throws InvalidInputError `invalid_parameter`
 */
export function statesOf(query: URLSearchParams, channels: readonly string[], kindOf: KindOf): ReadonlyMap<string, string> | undefined {
  const text = single(query, 'state');
  if (text === undefined || text === '') return undefined;
  return new Map([...parseStates(text)].filter(([channel]) => channels.includes(channel) && kindOf(channel) === 'latest'));
}

/**
 * The cursor that a client came with. Whatever it says of a channel that is not durable has no effect: there is nothing
 * to resume, and a client whose channel was durable before must not be refused for good.
 * @throws InvalidInputError `invalid_cursor`
 */
export function cursorOf(text: string | undefined, channels: readonly string[], kindOf: KindOf): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = parseCursor(text, channels);
  return new Map([...cursor].filter(([channel]) => kindOf(channel) === 'durable'));
}
