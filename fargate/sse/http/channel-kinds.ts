import type { KindOf } from '../../../backbone/domain/channel-kind.ts';
import { type Cursor, parseCursor } from '../../../packages/protocol/cursor.ts';
import { KINDS_HEADER } from '../../../packages/protocol/index.ts';
import type { Reply } from './reply.ts';

/** Tells the client what is kept of its channels. Nothing if all are durable, as on servers that know no other kind. */
export function kindsHeader(channels: readonly string[], kindOf: KindOf): Reply['headers'] {
  const kinds = channels.map(kindOf);
  return kinds.every((kind) => kind === 'durable') ? {} : { [KINDS_HEADER]: kinds.join(', ') };
}

/**
 * The cursor that a client came with. Whatever it says of an ephemeral channel has no effect: there is nothing to
 * resume, and a client whose channel was durable before must not be refused for good.
 * @throws InvalidInputError `invalid_cursor`
 */
export function cursorOf(text: string | undefined, channels: readonly string[], kindOf: KindOf): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = parseCursor(text, channels);
  return new Map([...cursor].filter(([channel]) => kindOf(channel) === 'durable'));
}
