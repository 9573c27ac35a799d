import type { PresenceChange, PresenceChanges, ServerFrame } from '../../../packages/protocol/index.ts';
import { MAX_BATCH_BYTES } from './event-batch.ts';

/** One frame, or as few parts as fit into what API Gateway bills as one message each. */
export function encodePresenceFrames({ channel, changes, count, state, snapshot }: PresenceChanges): readonly string[] {
  const parts = changes === undefined ? [undefined] : partsOf(changes);
  return parts.map((part, at) => {
    const frame: ServerFrame = {
      kind: 'presence',
      channel,
      count,
      ...(part !== undefined && { changes: part }),
      ...(snapshot && { snapshot }),
      ...(at < parts.length - 1 && { more: true }),
      state,
    };
    return JSON.stringify(frame);
  });
}

/** For the fields around the changes: the channel has at most 128 characters. */
const FRAME_BYTES = 300;

function partsOf(changes: readonly PresenceChange[]): readonly (readonly PresenceChange[])[] {
  const parts: PresenceChange[][] = [[]];
  let bytes = FRAME_BYTES;
  for (const change of changes) {
    const size = Buffer.byteLength(JSON.stringify(change)) + 1;
    if (bytes + size > MAX_BATCH_BYTES) {
      parts.push([]);
      bytes = FRAME_BYTES;
    }
    parts.at(-1)?.push(change);
    bytes += size;
  }
  return parts;
}
