import { createSseParser, type SseFrame } from '../../../packages/client/src/sse-parser.ts';
import { pause } from './pause.ts';
import type { Random } from './random.ts';
import { HeldToken, type NewToken } from './tokens.ts';

export interface RawStreamOptions {
  /** Of the service. */
  readonly url: string;
  readonly channel: string;
  readonly random: Random;
  readonly newToken: NewToken;
  /** A stream has opened. */
  readonly begin: () => void;
  readonly take: (frame: SseFrame) => void;
  /** Awaited before the next frame is taken. @default takes all at once */
  readonly pace?: () => Promise<unknown>;
}

const RETRY_MS = { min: 100, max: 800 };

/** Streams of one channel as they come, one after another, until the signal aborts: what one task sends on one stream. */
export async function readRawStreams(options: RawStreamOptions, signal: AbortSignal): Promise<void> {
  const { url, channel, random, newToken, begin, take, pace } = options;
  const token = new HeldToken(newToken);

  async function readOne(): Promise<void> {
    const headers = { accept: 'text/event-stream', authorization: token.authorization };
    const response = await fetch(`${url}/v1/events?${new URLSearchParams({ channel })}`, { headers, signal });
    if (response.status === 401) token.refuse();
    if (response.status !== 200) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
    const parse = createSseParser();
    const decoder = new TextDecoder();
    begin();
    for await (const bytes of response.body ?? []) {
      for (const frame of parse(decoder.decode(bytes, { stream: true }))) {
        take(frame);
        await pace?.();
      }
    }
  }

  while (!signal.aborted) {
    await readOne().catch(() => pause(random.between(RETRY_MS.min, RETRY_MS.max), signal));
  }
}
