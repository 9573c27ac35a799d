import { createParser } from 'eventsource-parser';
import type { LatestEntry, PollResponse, SnapshotEnd } from '../../../packages/protocol/index.ts';
import { authorization } from './clients.ts';
import { LatestHolder } from './latest-holder.ts';
import { readSocket } from './latest-sockets.ts';
import { transportsOf } from './transports.ts';

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
    { name: 'sse', neverSendsOlder: true, read: (urls, channel) => follow(eventsOf(urls), channel, readStream) },
    { name: 'poll', neverSendsOlder: true, read: (urls, channel) => follow(eventsOf(urls), channel, readPolls) },
  ],
  websocket: [{ name: 'websocket', neverSendsOlder: false, read: (urls, channel) => follow(urls.websocket, channel, readSocket) }],
};

const eventsOf = ({ http }: Urls): string => `${http}/v1/events`;

interface Following {
  readonly url: string;
  readonly channel: string;
  readonly holder: LatestHolder;
  readonly signal: AbortSignal;
  readonly onSnapshot: () => void;
}

function follow(url: string, channel: string, read: (following: Following) => Promise<void>): LatestReader {
  const holder = new LatestHolder();
  const closing = new AbortController();
  const ready = Promise.withResolvers<void>();
  const following = { url, channel, holder, signal: closing.signal, onSnapshot: ready.resolve };
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

async function readStream({ url, channel, holder, signal, onSnapshot }: Following): Promise<void> {
  const response = await fetch(`${url}?channel=${channel}`, { headers: { Accept: 'text/event-stream', ...authorization() }, signal });
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

async function readPolls({ url, channel, holder, signal, onSnapshot }: Following): Promise<void> {
  for (let state = ''; ; ) {
    const response = await fetch(`${url}?channel=${channel}&waitSeconds=5${state}`, {
      headers: { Accept: 'application/json', ...authorization() },
      signal,
    });
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
