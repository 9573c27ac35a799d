import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** Reads a stream as it comes. */
export class SseClient {
  readonly response: Response;
  readonly events: EventSourceMessage[] = [];
  readonly #aborting: AbortController;
  text = '';
  ended = false;
  /** It ended, but the server has not said so: the connection broke. */
  broken = false;

  constructor(response: Response, aborting: AbortController) {
    this.response = response;
    this.#aborting = aborting;
    void this.#read();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const aborting = new AbortController();
    const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal: aborting.signal });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return new SseClient(response, aborting);
  }

  get data(): readonly string[] {
    return this.events.map(({ data }) => data);
  }

  /** The id of the last frame, with data or without. */
  get lastEventId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)\n/gm)].at(-1)?.[1];
  }

  close(): void {
    this.#aborting.abort();
  }

  async #read(): Promise<void> {
    const parser = createParser({ onEvent: (event) => this.events.push(event) });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) {
        const text = decoder.decode(chunk, { stream: true });
        this.text += text;
        parser.feed(text);
      }
    } catch {
      this.broken = !this.#aborting.signal.aborted;
    }
    this.ended = true;
  }
}
