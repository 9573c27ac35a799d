import { matchesChannel } from '../../../protocol/channel-pattern.ts';
import type { ChannelKind, EphemeralWireEvent, PollResponse, Problem, WireEvent } from '../../../protocol/index.ts';
import { InvalidInputError } from '../../../protocol/invalid-input.ts';
import { MAX_DATA_BYTES, RESERVED_TYPES } from '../../../protocol/publication.ts';
import { splitCursor } from '../cursors.ts';
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
  readonly channels: readonly string[];
  hear(event: WireEvent | EphemeralWireEvent): void;
  /** Reads the log of the channel again, which has begun anew. */
  reset(channel: string): void;
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
    const channels = searchParams.getAll('channel');
    try {
      if (published !== undefined && method === 'POST') return this.#post(decodeURIComponent(published), init);
      if (pathname !== '/v1/events' || channels.length === 0) throw new Refusal(404, 'not_found', `test lanes have no ${pathname}`);
      const isPoll = new Headers(init.headers).get('accept') === 'application/json';
      return isPoll ? await this.#poll(channels, searchParams, signal) : this.#stream(channels, searchParams, signal);
    } catch (thrown) {
      if (thrown instanceof InvalidInputError) return toProblem(new Refusal(400, thrown.code, thrown.message));
      if (thrown instanceof Refusal) return toProblem(thrown);
      throw thrown;
    }
  }

  reset(channel: string): void {
    this.log.wipe(channel);
    for (const reader of this.#readersOf(channel)) reader.reset(channel);
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
    return [...this.#readers].filter((reader) => reader.channels.includes(channel));
  }

  #head(channels: readonly string[], contentType: string): ResponseInit {
    const kinds = channels.map((channel) => this.#kindOf(channel));
    return { headers: { 'content-type': contentType, ...(kinds.some((kind) => kind !== 'durable') && { [KINDS]: kinds.join(', ') }) } };
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

  #stream(channels: readonly string[], query: URLSearchParams, signal: AbortSignal | null | undefined): Response {
    const stream = new MemoryStream();
    const after = positionsIn(query.get('lastEventId'), channels);
    const durable = channels.filter((channel) => this.#kindOf(channel) === 'durable');
    const idOf = (channel: string, id: string) => (channels.length === 1 ? id : `${channel}=${id}`);
    const last = new Map(durable.map((channel) => [channel, after.get(channel) ?? this.log.head(channel)]));
    // A line that makes the client live, as on the lanes; without a wait, so that tests need none.
    stream.write('retry: 0\n');
    const resume = (channel: string) => {
      const { events, position, reset } = this.log.replay(channel, last.get(channel) ?? '');
      if (reset !== undefined) {
        stream.write(`id: ${idOf(channel, position)}\nevent: reset\ndata: ${JSON.stringify({ channel, reason: reset })}\n\n`);
      }
      for (const event of events) stream.write(encode(event, idOf(channel, event.id)));
      last.set(channel, position);
    };
    const isNew = durable.some((channel) => !after.has(channel));
    if (isNew) stream.write(`id: ${[...last].map(([channel, id]) => idOf(channel, id)).join()}\n\n`);
    for (const channel of after.keys()) if (last.has(channel)) resume(channel);
    this.#admit(signal, {
      channels,
      hear: (event) => {
        if ('id' in event) last.set(event.channel, event.id);
        stream.write('id' in event ? encode(event, idOf(event.channel, event.id)) : encode(event));
      },
      reset: (channel) => {
        if (last.has(channel)) resume(channel);
      },
      taken: () => stream.taken(),
      end: (reason) => stream.end(reason),
    });
    return new Response(stream.body, this.#head(channels, 'text/event-stream'));
  }

  async #poll(channels: readonly string[], query: URLSearchParams, signal: AbortSignal | null | undefined): Promise<Response> {
    const given = positionsIn(query.get('after'), channels);
    const durable = channels.filter((channel) => this.#kindOf(channel) === 'durable');
    const after = new Map(durable.map((channel) => [channel, given.get(channel) ?? this.log.head(channel)]));
    const read = (ephemeral: readonly EphemeralWireEvent[] = []): PollResponse => {
      const replays = [...after].map(([channel, position]) => ({ channel, ...this.log.replay(channel, position) }));
      const resets = replays.flatMap(({ channel, reset }) => (reset === undefined ? [] : [{ channel, reason: reset }]));
      return {
        events: replays.flatMap(({ events }) => events),
        cursor: replays.map(({ channel, position }) => (channels.length === 1 ? position : `${channel}=${position}`)).join(),
        ...(ephemeral.length > 0 && { ephemeral }),
        ...(resets.length > 0 && { resets }),
      };
    };
    const waitMs = Number(query.get('waitSeconds')) * 1_000;
    const first = read();
    const answer =
      waitMs === 0 || first.events.length > 0 || first.resets !== undefined
        ? first
        : await new Promise<PollResponse>((resolve, reject) => {
            const remove = this.#admit(signal, {
              channels,
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
    return new Response(JSON.stringify(answer), this.#head(channels, 'application/json'));
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

function encode({ channel, type, data }: EphemeralWireEvent, id?: string): string {
  const place = id === undefined ? `channel: ${channel}\n` : `id: ${id}\n`;
  return `${place}${type === 'message' ? '' : `event: ${type}\n`}data: ${data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

function positionsIn(cursor: string | null, channels: readonly string[]): ReadonlyMap<string, string> {
  return new Map(cursor === null ? [] : splitCursor(cursor, channels));
}

function toJson(body: object, status: number): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

export function toProblem({ status, code, message }: Refusal): Response {
  const problem: Problem = { type: 'about:blank', title: code, status, code, detail: message };
  return new Response(JSON.stringify(problem), { status, headers: { 'content-type': 'application/problem+json' } });
}
