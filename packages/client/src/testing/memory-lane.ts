import { matchesChannel } from '../../../protocol/channel-pattern.ts';
import type { ChannelKind, EphemeralWireEvent, PollResponse, Problem, WireEvent } from '../../../protocol/index.ts';
import { InvalidInputError } from '../../../protocol/invalid-input.ts';
import { MAX_DATA_BYTES, RESERVED_TYPES } from '../../../protocol/publication.ts';
import type { Published } from '../types.ts';
import { MemoryLog, type Publication } from './memory-log.ts';
import { MemoryStream } from './memory-stream.ts';
import { Refusal } from './refusal.ts';

/** The kind of the channels that a pattern stands for: `{ match: 'typing.*', kind: 'ephemeral' }`. */
export interface ChannelRule {
  readonly match: string;
  readonly kind: ChannelKind;
}

/** A stream, or a poll that waits. */
interface Reader {
  readonly channel: string;
  hear(event: WireEvent | EphemeralWireEvent): void;
  /** Reads the log again, which has begun anew. */
  reset(): void;
  taken(): Promise<void>;
  end(reason: unknown): void;
}

const KINDS = 'Lanes-Channel-Kinds';

/** The HTTP side of the SSE lane, in memory: streams, polls and publications, for the `fetch` of a client. */
export class MemoryLane {
  readonly log = new MemoryLog();
  readonly #rules: readonly ChannelRule[];
  readonly #readers = new Set<Reader>();

  constructor(rules: readonly ChannelRule[]) {
    this.#rules = rules;
  }

  /** Answers like `fetch`. */
  async answer(url: URL, init: RequestInit): Promise<Response> {
    const { pathname, searchParams } = url;
    const { method, signal } = init;
    signal?.throwIfAborted();
    const [, published] = /^\/v1\/channels\/([^/]+)\/events$/.exec(pathname) ?? [];
    const channel = searchParams.get('channel');
    try {
      if (published !== undefined && method === 'POST') return this.#post(decodeURIComponent(published), init);
      if (pathname !== '/v1/events' || channel === null) throw new Refusal(404, 'not_found', `test lanes have no ${pathname}`);
      const isPoll = new Headers(init.headers).get('accept') === 'application/json';
      return isPoll ? await this.#poll(channel, searchParams, signal) : this.#stream(channel, searchParams, signal);
    } catch (thrown) {
      if (thrown instanceof InvalidInputError) return toProblem(new Refusal(400, thrown.code, thrown.message));
      if (thrown instanceof Refusal) return toProblem(thrown);
      throw thrown;
    }
  }

  reset(channel: string): void {
    this.log.wipe(channel);
    for (const reader of this.#readersOf(channel)) reader.reset();
  }

  /** Resolves when every reader of the channel has taken what was written to it. */
  async taken(channel: string): Promise<void> {
    await Promise.all(this.#readersOf(channel).map((reader) => reader.taken()));
  }

  readers(channel?: string): number {
    return channel === undefined ? this.#readers.size : this.#readersOf(channel).length;
  }

  /** Breaks every stream and poll. */
  cut(reason: Error): void {
    for (const reader of [...this.#readers]) reader.end(reason);
  }

  #kindOf(channel: string): ChannelKind {
    return this.#rules.find(({ match }) => matchesChannel(match, channel))?.kind ?? 'durable';
  }

  #readersOf(channel: string): readonly Reader[] {
    return [...this.#readers].filter((reader) => reader.channel === channel);
  }

  #head(channel: string, contentType: string): ResponseInit {
    const kind = this.#kindOf(channel);
    return { headers: { 'content-type': contentType, ...(kind !== 'durable' && { [KINDS]: kind }) } };
  }

  #post(channel: string, { body, headers }: RequestInit): Response {
    const key = new Headers(headers).get('idempotency-key') ?? undefined;
    const content: Publication | { readonly events: readonly Publication[] } = JSON.parse(String(body));
    const isEphemeral = this.#kindOf(channel) === 'ephemeral';
    if (!('events' in content)) {
      check(content);
      const { id, ...rest } = this.#publish(channel, { ...content, key });
      return isEphemeral ? toJson(rest, 202) : toJson({ id, ...rest }, 201);
    }
    if (isEphemeral) throw new Refusal(400, 'invalid_body', `channel "${channel}" is ephemeral: publish its events one by one`);
    content.events.forEach(check);
    const events = content.events.map((event, index) => this.#publish(channel, { ...event, key: key && `${key} ${index}` }));
    return toJson({ channel, events: events.map(({ id, publishedAt }) => ({ id, publishedAt })) }, 201);
  }

  #publish(channel: string, publication: Publication): Published {
    if (this.#kindOf(channel) === 'ephemeral') {
      const { type = 'message', data } = publication;
      const event: EphemeralWireEvent = { channel, type, data, publishedAt: new Date().toISOString() };
      for (const reader of this.#readersOf(channel)) reader.hear(event);
      return { channel, id: '', publishedAt: event.publishedAt };
    }
    const { event, isNew } = this.log.append(channel, publication);
    if (isNew) for (const reader of this.#readersOf(channel)) reader.hear(event);
    return { channel, id: event.id, publishedAt: event.publishedAt };
  }

  #stream(channel: string, query: URLSearchParams, signal: AbortSignal | null | undefined): Response {
    const stream = new MemoryStream();
    const after = query.get('lastEventId');
    const isEphemeral = this.#kindOf(channel) === 'ephemeral';
    // A line that makes the client live, as on the lanes; without a wait, so that tests need none.
    stream.write('retry: 0\n');
    const resume = (from: string) => {
      const { events, position, reset } = this.log.replay(channel, from);
      if (reset !== undefined) stream.write(`id: ${position}\nevent: reset\ndata: ${JSON.stringify({ channel, reason: reset })}\n\n`);
      for (const event of events) stream.write(encode(event));
    };
    if (!isEphemeral) after === null ? stream.write(`id: ${this.log.head(channel)}\n\n`) : resume(after);
    let last = after ?? this.log.head(channel);
    this.#admit(signal, {
      channel,
      hear: (event) => {
        if ('id' in event) last = event.id;
        stream.write(encode(event));
      },
      reset: () => {
        if (!isEphemeral) resume(last);
        last = this.log.head(channel);
      },
      taken: () => stream.taken(),
      end: (reason) => stream.end(reason),
    });
    return new Response(stream.body, this.#head(channel, 'text/event-stream'));
  }

  async #poll(channel: string, query: URLSearchParams, signal: AbortSignal | null | undefined): Promise<Response> {
    const isEphemeral = this.#kindOf(channel) === 'ephemeral';
    const after = query.get('after') ?? this.log.head(channel);
    const read = (ephemeral: readonly EphemeralWireEvent[] = []): PollResponse => {
      if (isEphemeral) return { events: [], cursor: '', ...(ephemeral.length > 0 && { ephemeral }) };
      const { events, position, reset } = this.log.replay(channel, after);
      return { events, cursor: position, ...(reset !== undefined && { resets: [{ channel, reason: reset }] }) };
    };
    const waitMs = Number(query.get('waitSeconds')) * 1_000;
    const first = read();
    const answer =
      waitMs === 0 || first.events.length > 0 || first.resets !== undefined
        ? first
        : await new Promise<PollResponse>((resolve, reject) => {
            const remove = this.#admit(signal, {
              channel,
              hear: (event) => finish(() => resolve(read('id' in event ? [] : [event]))),
              reset: () => finish(() => resolve(read())),
              taken: () => Promise.resolve(),
              end: (reason) => finish(() => reject(reason)),
            });
            const timer = setTimeout(() => finish(() => resolve(read())), waitMs);
            const finish = (settle: () => void) => {
              clearTimeout(timer);
              remove();
              settle();
            };
          });
    return new Response(JSON.stringify(answer), this.#head(channel, 'application/json'));
  }

  /** Returns what removes the reader; it is removed at its end, too. */
  #admit(signal: AbortSignal | null | undefined, reader: Reader): () => void {
    const abort = () => admitted.end(signal?.reason);
    const remove = () => {
      signal?.removeEventListener('abort', abort);
      this.#readers.delete(admitted);
    };
    const admitted: Reader = {
      ...reader,
      end: (reason) => {
        remove();
        reader.end(reason);
      },
    };
    signal?.addEventListener('abort', abort);
    this.#readers.add(admitted);
    return remove;
  }
}

/** @throws Refusal */
function check({ type = 'message', data }: Publication): void {
  const bytes = new TextEncoder().encode(data).length;
  if (bytes > MAX_DATA_BYTES)
    throw new Refusal(413, 'data_too_large', `data has ${bytes} bytes, but at most ${MAX_DATA_BYTES} are allowed`);
  if (RESERVED_TYPES.has(type)) throw new Refusal(400, 'invalid_type', `type "${type}" is reserved: use another name`);
}

function encode(event: WireEvent | EphemeralWireEvent): string {
  const id = 'id' in event ? `id: ${event.id}\n` : '';
  const type = event.type === 'message' ? '' : `event: ${event.type}\n`;
  return `${id}${type}data: ${event.data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

function toJson(body: object, status: number): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

export function toProblem({ status, code, message }: Refusal): Response {
  const problem: Problem = { type: 'about:blank', title: code, status, code, detail: message };
  return new Response(JSON.stringify(problem), { status, headers: { 'content-type': 'application/problem+json' } });
}
