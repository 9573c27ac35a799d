import { type ClientRequest, get } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { LatestEntry } from '../../../packages/protocol/index.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { CHANNEL } from './protocol.ts';

export interface ReaderOptions {
  readonly port: number;
  /** Takes a piece, and then nothing for so long. @default it takes everything at once */
  readonly pauseMs?: number;
  /** Reads what it gets: the others only take it, because reading costs more than serving. */
  readonly isMeasured: boolean;
}

/** One stream over the channel. */
export class LatestStreamReader {
  /** Milliseconds from the publication of a version until it was read. */
  readonly agesMs: number[] = [];
  readonly #options: ReaderOptions;
  readonly #held = new Map<string, LatestEntry>();
  #request: ClientRequest | undefined;
  #ended = false;
  #isHurrying = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  get state(): string {
    return stateTag(this.#held.values());
  }

  /** Ages count from now on. */
  restart(): void {
    this.agesMs.length = 0;
  }

  /** Takes everything from now on. */
  hurry(): void {
    this.#isHurrying = true;
  }

  /** Resolves when the server has answered. */
  open(): Promise<void> {
    const { port, pauseMs, isMeasured } = this.#options;
    const parser = createParser({ onEvent: ({ event, data }) => event === 'latest' && this.#take(JSON.parse(data)) });
    return new Promise((resolve, reject) => {
      const headers = { Accept: 'text/event-stream' };
      this.#request = get({ port, host: '127.0.0.1', path: `/v1/events?channel=${CHANNEL}`, headers, agent: false }, (response) => {
        if (isMeasured) response.setEncoding('utf8');
        response.on('data', (piece: string | Buffer) => {
          if (typeof piece === 'string') parser.feed(piece);
          if (pauseMs === undefined || this.#isHurrying) return;
          response.pause();
          setTimeout(() => response.resume(), pauseMs);
        });
        response.on('close', () => {
          this.#ended = true;
        });
        resolve();
      });
      this.#request.on('error', reject);
    });
  }

  close(): void {
    this.#request?.on('error', () => undefined).destroy();
  }

  #take(entry: LatestEntry): void {
    this.#held.set(entry.key, entry);
    this.agesMs.push(Date.now() - Date.parse(entry.publishedAt));
  }
}
