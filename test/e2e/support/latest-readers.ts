import { createParser } from 'eventsource-parser';
import type { LatestEntry, PollResponse, SnapshotEnd } from '../../../packages/protocol/index.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { parseVersion, supersedes, type Versioned } from '../../../packages/protocol/version.ts';
import { authorization } from './clients.ts';
import { transportsOf } from './transports.ts';

/** What one reader of a `latest` channel holds, as the protocol tells clients to. */
export class LatestHolder {
  /** What came although something newer was there. */
  readonly stepsBack: LatestEntry[] = [];
  readonly #held = new Map<string, LatestEntry>();
  #brought = new Set<string>();

  /** Data by key. */
  get data(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values().map(({ key, data }) => [key, data]));
  }

  get state(): string {
    return stateTag(this.#values());
  }

  take(entry: LatestEntry): void {
    const held = this.#held.get(entry.key);
    this.#brought.add(entry.key);
    if (supersedes(versioned(entry), held && versioned(held))) this.#held.set(entry.key, entry);
    else if (entry.version !== held?.version) this.stepsBack.push(entry);
  }

  beginSnapshot(): void {
    this.#brought = new Set();
  }

  /** Everything that the snapshot did not bring is gone. */
  endSnapshot(): void {
    for (const key of this.#held.keys()) if (!this.#brought.has(key)) this.#held.delete(key);
  }

  #values() {
    return [...this.#held.values()].flatMap((entry) => ('data' in entry ? [entry] : []));
  }
}

function versioned(entry: LatestEntry): Versioned {
  return { version: parseVersion(entry.version), removed: 'removed' in entry };
}

export interface LatestReader {
  readonly holder: LatestHolder;
  /** Resolves when it has its first snapshot. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

type Urls = Parameters<typeof transportsOf>[0];

/** A way to read a `latest` channel. */
export interface LatestWay {
  readonly name: string;
  /** Whether the server itself drops what is not newer; otherwise its clients do. */
  readonly neverSendsOlder: boolean;
  read(urls: Urls, channel: string): LatestReader;
}

/** The ways that a run has. */
export function latestWays(urls: Urls): readonly LatestWay[] {
  return transportsOf(urls).flatMap((lane) => WAYS[lane] ?? []);
}

const WAYS: Readonly<Record<string, readonly LatestWay[]>> = {
  sse: [
    { name: 'sse', neverSendsOlder: true, read: (urls, channel) => follow(urls.http, channel, readStream) },
    { name: 'poll', neverSendsOlder: true, read: (urls, channel) => follow(urls.http, channel, readPolls) },
  ],
};

interface Following {
  readonly url: string;
  readonly holder: LatestHolder;
  readonly signal: AbortSignal;
  readonly onSnapshot: () => void;
}

function follow(http: string, channel: string, read: (following: Following) => Promise<void>): LatestReader {
  const holder = new LatestHolder();
  const closing = new AbortController();
  const ready = Promise.withResolvers<void>();
  const following = { url: `${http}/v1/events?channel=${channel}`, holder, signal: closing.signal, onSnapshot: ready.resolve };
  const reading = read(following).catch((error: unknown) => {
    if (!closing.signal.aborted) ready.reject(error);
  });
  return {
    holder,
    ready: ready.promise,
    close: async () => {
      closing.abort();
      await reading;
    },
  };
}

async function readStream({ url, holder, signal, onSnapshot }: Following): Promise<void> {
  const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...authorization() }, signal });
  holder.beginSnapshot();
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'latest') holder.take(JSON.parse(data) as LatestEntry);
      if (event !== 'snapshot') return;
      if ((JSON.parse(data) as SnapshotEnd).unchanged !== true) holder.endSnapshot();
      onSnapshot();
    },
  });
  const text = new TextDecoder();
  for await (const bytes of response.body ?? []) parser.feed(text.decode(bytes, { stream: true }));
}

async function readPolls({ url, holder, signal, onSnapshot }: Following): Promise<void> {
  for (let state = ''; ; ) {
    const response = await fetch(`${url}&waitSeconds=5${state}`, { headers: { Accept: 'application/json', ...authorization() }, signal });
    const { latest = [] } = (await response.json()) as PollResponse;
    for (const news of latest) {
      if (news.snapshot) holder.beginSnapshot();
      for (const entry of news.entries) holder.take(entry);
      if (news.snapshot) holder.endSnapshot();
      state = `&state=${news.channel}=${news.state}`;
      onSnapshot();
    }
  }
}
