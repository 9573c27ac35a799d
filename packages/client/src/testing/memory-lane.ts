import { matchesChannel } from '../../../protocol/channel-pattern.ts';
import { DEFAULT_LAST, MAX_LAST, NOW } from '../../../protocol/history.ts';
import type { ChannelKind, EphemeralWireEvent, LatestEntry, PollResponse, Problem, WireEvent } from '../../../protocol/index.ts';
import { InvalidInputError } from '../../../protocol/invalid-input.ts';
import { isName } from '../../../protocol/names.ts';
import { MAX_DATA_BYTES, MAX_LATEST_DATA_BYTES, RESERVED_TYPES } from '../../../protocol/publication.ts';
import { splitCursor } from '../cursors.ts';
import type { HistoryPage, Published, WireContent } from '../types.ts';
import { MemoryLatest } from './memory-latest.ts';
import { MemoryLog } from './memory-log.ts';
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
  /** A key of a `latest` channel has another version. */
  change(channel: string, entry: LatestEntry): void;
  /** Reads the log of the channel again, which has begun anew. */
  reset(channel: string): void;
  taken(): Promise<void>;
  end(reason: unknown): void;
}

const KINDS = 'Lanes-Channel-Kinds';

/** The HTTP side of the SSE lane, in memory: streams, polls and publications, for the `fetch` of a client. */
export class MemoryLane {
  readonly log = new MemoryLog();
  readonly #latest = new MemoryLatest();
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
      if (searchParams.has('before')) return toJson(this.#history(channels, searchParams), 200);
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

  #ofKind(kind: ChannelKind, channels: readonly string[]): readonly string[] {
    return channels.filter((channel) => this.#kindOf(channel) === kind);
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
    const content: WireContent | { readonly events: readonly WireContent[] } = JSON.parse(String(body));
    const kind = this.#kindOf(channel);
    if (!('events' in content)) {
      check(content, kind);
      const { id, ...rest } = this.#publish(channel, { ...content, key });
      return kind === 'ephemeral' ? toJson(rest, 202) : toJson({ ...(kind === 'durable' && { id }), ...rest }, 201);
    }
    if (kind === 'ephemeral') throw new Refusal(400, 'invalid_body', `channel "${channel}" is ephemeral: publish its events one by one`);
    for (const event of content.events) check(event, kind);
    const events = content.events.map((event, index) => this.#publish(channel, { ...event, key: key && `${key} ${index}` }));
    return toJson({ channel, events: events.map(({ channel: _, id, ...rest }) => ({ ...(kind === 'durable' && { id }), ...rest })) }, 201);
  }

  #publish(channel: string, publication: WireContent & { readonly key: string | undefined }): Published {
    const kind = this.#kindOf(channel);
    const { type = 'message', data = '', encoding, key } = publication;
    if (kind === 'latest') {
      const entry = this.#latest.put(channel, publication);
      for (const reader of this.#readersOf(channel)) reader.change(channel, entry);
      return { channel, id: '', conflationKey: entry.key, version: entry.version, publishedAt: entry.publishedAt };
    }
    if (kind === 'ephemeral') {
      const event: EphemeralWireEvent = { channel, type, data, ...(encoding && { encoding }), publishedAt: new Date().toISOString() };
      for (const reader of this.#readersOf(channel)) reader.hear(event);
      return { channel, id: '', publishedAt: event.publishedAt };
    }
    const { event, isNew } = this.log.append(channel, { type, data, encoding, key });
    if (isNew) for (const reader of this.#readersOf(channel)) reader.hear(event);
    return { channel, id: event.id, publishedAt: event.publishedAt };
  }

  /** @throws InvalidInputError `invalid_cursor`; Refusal */
  #history([channel = '']: readonly string[], query: URLSearchParams): HistoryPage {
    const before = query.get('before') ?? NOW;
    return this.log.history(channel, before === NOW ? undefined : before, lastOf(query) ?? DEFAULT_LAST);
  }

  #stream(channels: readonly string[], query: URLSearchParams, signal: AbortSignal | null | undefined): Response {
    const stream = new MemoryStream();
    const after = positionsIn(query.get('lastEventId'), channels);
    const durable = this.#ofKind('durable', channels);
    const idOf = (channel: string, id: string) => (channels.length === 1 ? id : `${channel}=${id}`);
    const last = new Map(durable.map((channel) => [channel, after.get(channel) ?? this.log.head(channel)]));
    // A line that makes the client live, as on the lanes; without a wait, so that tests need none.
    stream.write('retry: 0\n');
    const resume = (channel: string) => {
      const { events, position, reset } = this.log.replay(channel, last.get(channel) ?? '');
      if (reset !== undefined) {
        stream.write(`id: ${idOf(channel, position)}\n${frame('reset', { channel, reason: reset })}`);
      }
      for (const event of events) stream.write(encode(event, idOf(channel, event.id)));
      last.set(channel, position);
    };
    const isNew = durable.some((channel) => !after.has(channel));
    if (isNew) stream.write(`id: ${[...last].map(([channel, id]) => idOf(channel, id)).join()}\n\n`);
    for (const channel of after.keys()) if (last.has(channel)) resume(channel);
    const change = (channel: string, entry: LatestEntry) => stream.write(frame('latest', { channel, ...entry }));
    for (const channel of this.#ofKind('latest', channels)) {
      const entries = this.#latest.entries(channel);
      for (const entry of entries) change(channel, entry);
      stream.write(frame('snapshot', { channel, keys: entries.length }));
    }
    this.#admit(signal, {
      channels,
      change,
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
    const durable = this.#ofKind('durable', channels);
    const last = lastOf(query) ?? 0;
    const after = new Map(durable.map((channel) => [channel, given.get(channel) ?? this.log.beforeLast(channel, last)]));
    const states = new URLSearchParams(query.get('state')?.replaceAll(',', '&'));
    const read = (ephemeral: readonly EphemeralWireEvent[] = []): PollResponse => {
      const replays = [...after].map(([channel, position]) => ({ channel, ...this.log.replay(channel, position) }));
      const resets = replays.flatMap(({ channel, reset }) => (reset === undefined ? [] : [{ channel, reason: reset }]));
      const latest = this.#ofKind('latest', channels).flatMap((channel) => this.#latest.news(channel, states.get(channel)));
      return {
        events: replays.flatMap(({ events }) => events),
        cursor: replays.map(({ channel, position }) => (channels.length === 1 ? position : `${channel}=${position}`)).join(),
        ...(ephemeral.length > 0 && { ephemeral }),
        ...(latest.length > 0 && { latest }),
        ...(resets.length > 0 && { resets }),
      };
    };
    const waitMs = Number(query.get('waitSeconds')) * 1_000;
    const first = read();
    const answer =
      waitMs === 0 || first.events.length > 0 || first.latest !== undefined || first.resets !== undefined
        ? first
        : await new Promise<PollResponse>((resolve, reject) => {
            const remove = this.#admit(signal, {
              channels,
              hear: (event) => finish(() => resolve(read('id' in event ? [] : [event]))),
              change: () => finish(() => resolve(read())),
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
function check({ type = 'message', data = '', encoding, conflationKey, removed }: WireContent, kind: ChannelKind): void {
  const isLatest = kind === 'latest';
  const bytes = new TextEncoder().encode(data).length;
  const most = isLatest ? MAX_LATEST_DATA_BYTES : MAX_DATA_BYTES;
  if (bytes > most) throw new Refusal(413, 'data_too_large', `data has ${bytes} bytes, but at most ${most} are allowed`);
  if (RESERVED_TYPES.has(type)) throw new Refusal(400, 'invalid_type', `type "${type}" is reserved: use another name`);
  const isValid = isLatest ? isName(conflationKey) && encoding === undefined : conflationKey === undefined && removed === undefined;
  if (!isValid)
    throw new Refusal(
      400,
      'invalid_body',
      `conflationKey ${conflationKey} is not valid: events of latest channels, and no others, have one, and they carry text only`,
    );
}

/** @throws Refusal */
function lastOf(query: URLSearchParams): number | undefined {
  const text = query.get('last');
  if (text === null) return undefined;
  const last = Number(text);
  if (Number.isInteger(last) && last >= 1 && last <= MAX_LAST) return last;
  throw new Refusal(400, 'invalid_parameter', `last "${text}" is not valid: use a whole number from 1 to ${MAX_LAST}`);
}

function frame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function encode({ channel, type, data, encoding }: EphemeralWireEvent, id?: string): string {
  const place = id === undefined ? `channel: ${channel}\n` : `id: ${id}\n`;
  const fields = `${type === 'message' ? '' : `event: ${type}\n`}${encoding === undefined ? '' : `encoding: ${encoding}\n`}`;
  return `${place}${fields}data: ${data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
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
