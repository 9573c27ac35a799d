import type { Encoding } from '../../protocol/index.ts';
import { parseWholeNumber } from './parse.ts';

/** The content between two blank lines of an event stream. */
export interface SseFrame {
  /** The last id so far, of this frame or an earlier one, as `EventSource` keeps it. */
  readonly id: string | undefined;
  /** `message` if the frame names none. */
  readonly event: string;
  /** Undefined in a frame that dispatches no event, for example one with only an `id`. */
  readonly data: string | undefined;
  /** Only of an event without a position: its channel. */
  readonly channel: string | undefined;
  /** Our own field: it says that the data are the base64 of bytes. `EventSource` ignores it. */
  readonly encoding?: Encoding | undefined;
  /**
   * Milliseconds to wait before reconnecting. It takes effect as soon as its line is complete, so it is
   * returned as a frame of its own.
   */
  readonly retryMs: number | undefined;
}

const NOTHING = { id: undefined, event: 'message', data: undefined, channel: undefined };

/**
 * A parser for one event stream
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream): feed it decoded
 * text, split anywhere, and get the frames that it completes. A frame without its blank line is never
 * returned.
 */
export function createSseParser(): (chunk: string) => readonly SseFrame[] {
  let rest = '';
  let afterCr = false;
  let id: string | undefined;
  let event = '';
  let data: string[] = [];
  let channel: string | undefined;
  let encoding: Encoding | undefined;
  let idSeen = false;

  function readField(line: string, frames: SseFrame[]): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'channel') channel = value;
    else if (name === 'encoding' && value === 'base64') encoding = value;
    else if (name === 'retry') addRetry(parseWholeNumber(value), frames);
    else if (name === 'id' && !value.includes('\0')) {
      id = value;
      idSeen = true;
    }
  }

  function addRetry(retryMs: number | undefined, frames: SseFrame[]): void {
    if (retryMs !== undefined) frames.push({ ...NOTHING, retryMs });
  }

  return (chunk) => {
    const frames: SseFrame[] = [];
    // A CR ends a line at once; an LF that follows belongs to it.
    rest += afterCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    if (chunk !== '') afterCr = chunk.endsWith('\r');
    const lines = rest.split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        readField(line, frames);
        continue;
      }
      if (idSeen || data.length > 0) {
        const text = data.length > 0 ? data.join('\n') : undefined;
        frames.push({ id, event: event || 'message', data: text, channel, encoding, retryMs: undefined });
      }
      event = '';
      channel = undefined;
      data = [];
      encoding = undefined;
      idSeen = false;
    }
    return frames;
  };
}
