import { partsBySize } from '../../../backbone/domain/parts-by-size.ts';
import type { PresenceChanges, ServerFrame } from '../../../packages/protocol/index.ts';
import { MAX_BATCH_BYTES } from './event-batch.ts';

/** For the fields around the changes: the channel has at most 128 characters. */
const FRAME_BYTES = 300;

/** One frame, or as few parts as fit into what API Gateway bills as one message each. */
export function encodePresenceFrames({ channel, changes, count, state, snapshot }: PresenceChanges): readonly string[] {
  const parts = changes === undefined || changes.length === 0 ? [changes] : partsBySize(changes, MAX_BATCH_BYTES - FRAME_BYTES);
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
