import http from 'node:http';
import { authorization } from '../../support/clients.ts';

export interface PlainReaderOptions {
  readonly base: string;
  readonly channel: string;
  /** Called when the reader asks for the stream again. */
  readonly onReconnect: () => void;
}

/**
 * A client that does what every EventSource does and nothing more: it waits as long as `retry:` said, asks again with the
 * last id, and gives up for good on any answer but a stream. It keeps the seqs of what it got.
 */
export class PlainReader {
  readonly seqs: number[] = [];
  /** Why it gave up, and every reset that it was told of. */
  readonly complaints: string[] = [];
  readonly #options: PlainReaderOptions;
  #lastEventId: string | undefined;
  #retryMs = 3_000;
  #request: http.ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #open = false;

  constructor(options: PlainReaderOptions) {
    this.#options = options;
  }

  /** Whether it has a stream just now. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Resolves once the first stream has its opening. */
  open(): Promise<void> {
    return new Promise((resolve) => this.#connect(resolve));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
  }

  #connect(onOpening?: () => void): void {
    const { base, channel } = this.#options;
    const headers = {
      ...authorization(),
      accept: 'text/event-stream',
      ...(this.#lastEventId === undefined ? {} : { 'last-event-id': this.#lastEventId }),
    };
    const request = http.get(`${base}/v1/events?channel=${channel}`, { agent: false, headers });
    this.#request = request;
    request.on('error', () => undefined);
    request.on('close', () => {
      this.#open = false;
      this.#reconnectLater();
    });
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        this.complaints.push(`the server answered ${response.statusCode}`);
        this.close();
        return;
      }
      this.#open = true;
      let rest = '';
      response.setEncoding('utf8');
      response.on('error', () => undefined);
      response.on('data', (text: string) => {
        const frames = (rest + text).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.#take(frame);
        if (this.#lastEventId !== undefined) onOpening?.();
      });
    });
  }

  #take(frame: string): void {
    const fields = new Map(
      frame.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
      }),
    );
    const retry = fields.get('retry');
    if (retry !== undefined) this.#retryMs = Number(retry);
    const id = fields.get('id');
    if (id === undefined) return;
    this.#lastEventId = id;
    if (fields.get('event') === 'reset') this.complaints.push(`reset: ${fields.get('data')}`);
    else if (fields.has('data')) this.seqs.push(Number(id.split('.')[1]));
  }

  #reconnectLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#options.onReconnect();
      this.#connect();
    }, this.#retryMs);
  }
}
