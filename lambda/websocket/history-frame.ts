import { type ChannelEvent, MAX_FRAME_BYTES, toWireEvent } from '../../backbone/domain/event.ts';
import { readHistory } from '../../backbone/services/history.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import { formatPosition } from '../../packages/protocol/cursor.ts';
import type { BatchedEvent, ServerFrame } from '../../packages/protocol/index.ts';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import { MAX_BATCH_BYTES } from './domain/event-batch.ts';
import type { Command } from './parse-frame.ts';

/** The fields around the events, with the longest channel, and the longest `requestId` after its escapes. */
const ENVELOPE_BYTES = 1_024;

/**
 * One frame, which is billed as one message: a client that wants more than fits into it asks again. So each frame of a
 * client causes one post, and reads one page of the log or as many as hold the wanted events.
 * @throws InvalidInputError `data_too_large` if a single event leaves no room for the rest of the frame
 */
export async function historyFrame(
  { channel, before, last }: Command & { readonly action: 'history' },
  repeated: { readonly requestId?: string },
  reader: Pick<LogReader, 'baseline' | 'readBack'>,
): Promise<string> {
  const room = { maxBytes: MAX_BATCH_BYTES - ENVELOPE_BYTES, bytesOf };
  const { events, more } = await readHistory({ channel, before, last }, room, reader);
  const frame = JSON.stringify({ kind: 'history', channel, events: events.map(toBatched), more, ...repeated } satisfies ServerFrame);
  const [event] = events;
  if (event !== undefined && Buffer.byteLength(frame) >= MAX_FRAME_BYTES) {
    const id = formatPosition(event);
    throw new InvalidInputError(
      'data_too_large',
      `event ${id} fits into no history frame: subscribe after the event before it, or ask for what is before ${id}`,
    );
  }
  return frame;
}

function toBatched(event: ChannelEvent): BatchedEvent {
  const { channel, ...batched } = toWireEvent(event);
  return batched;
}

/** With the comma behind it. */
function bytesOf(event: ChannelEvent): number {
  return Buffer.byteLength(JSON.stringify(toBatched(event))) + 1;
}
