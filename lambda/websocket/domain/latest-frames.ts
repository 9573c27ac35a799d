import { type LatestEvent, toLatestEntry } from '../../../backbone/domain/latest-event.ts';
import { MAX_BATCH_BYTES } from './event-batch.ts';

export interface LatestFrame {
  readonly text: string;
  /** The last key in it. */
  readonly lastKey: string;
}

/**
 * The `latest` frames for events of one channel, in their order: as few as {@link MAX_BATCH_BYTES} allows, with at least one
 * event in each. The largest event has 24 KB as JSON.
 * @param repeated the `requestId` of the frame that asked for a snapshot
 */
export function* latestFrames(
  channel: string,
  events: readonly LatestEvent[],
  repeated: { readonly requestId?: string } = {},
): Generator<LatestFrame> {
  const head = `${JSON.stringify({ kind: 'latest', channel, ...repeated }).slice(0, -1)},"entries":[`;
  // For the end of the frame.
  const empty = Buffer.byteLength(head) + 2;
  let texts: string[] = [];
  let bytes = empty;
  let lastKey = '';
  const frame = (): LatestFrame => ({ text: `${head}${texts.join(',')}]}`, lastKey });
  for (const event of events) {
    const text = JSON.stringify(toLatestEntry(event));
    const added = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes + added > MAX_BATCH_BYTES) {
      yield frame();
      texts = [];
      bytes = empty;
    }
    texts.push(text);
    bytes += added;
    lastKey = event.key;
  }
  if (texts.length > 0) yield frame();
}
