import { createSseParser } from '../../../../packages/client/src/sse-parser.ts';
import type { LatestEntry, PollResponse, SnapshotEnd } from '../../../../packages/protocol/index.ts';
import { pause } from '../pause.ts';
import type { Random } from '../random.ts';
import { HeldToken, type NewToken } from '../tokens.ts';
import type { LatestJournal } from './latest-journal.ts';

export interface ReaderOptions {
  readonly journal: LatestJournal;
  /** Of the service. */
  readonly url: string;
  readonly random: Random;
  readonly newToken: NewToken;
}

/** Reads until its signal aborts. */
export type Reader = (options: ReaderOptions, signal: AbortSignal) => Promise<void>;

const RETRY_MS = { min: 100, max: 800 };
const WAIT_SECONDS = 3;
const ANSWER_TIMEOUT_MS = 10_000;

/** Streams, one after another: each begins with a snapshot. */
export const readStreams: Reader = (options, signal) =>
  again(options, signal, async (token) => {
    const { journal } = options;
    const response = await ask(options, token, new URLSearchParams({ channel: journal.channel }), 'text/event-stream', signal);
    const parse = createSseParser();
    const decoder = new TextDecoder();
    journal.beginSnapshot();
    for await (const bytes of response.body ?? []) {
      for (const { event, data = '' } of parse(decoder.decode(bytes, { stream: true }))) {
        if (event === 'latest') journal.take(JSON.parse(data) as LatestEntry);
        if (event === 'snapshot') endSnapshot(journal, JSON.parse(data) as SnapshotEnd);
      }
    }
  });

/** Polls, each with the state that the one before has left. */
export function readPolls(options: ReaderOptions, signal: AbortSignal): Promise<void> {
  const { journal } = options;
  let state: string | undefined;
  return again(options, signal, async (token) => {
    const query = new URLSearchParams({ channel: journal.channel, waitSeconds: state === undefined ? '0' : String(WAIT_SECONDS) });
    if (state !== undefined) query.set('state', `${journal.channel}=${state}`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const response = await ask(options, token, query, 'application/json', limit);
    const [news] = ((await response.json()) as PollResponse).latest ?? [];
    if (news === undefined) return;
    if (news.snapshot) journal.beginSnapshot();
    for (const entry of news.entries) journal.take(entry);
    if (news.snapshot) journal.endSnapshot();
    state = news.state;
  });
}

function endSnapshot(journal: LatestJournal, { unchanged }: SnapshotEnd): void {
  if (unchanged !== true) journal.endSnapshot();
}

/** Again at once where it ended well, and after a while where it did not. */
async function again({ random, newToken }: ReaderOptions, signal: AbortSignal, read: (token: HeldToken) => Promise<void>): Promise<void> {
  const token = new HeldToken(newToken);
  while (!signal.aborted) {
    await read(token).catch(() => pause(random.between(RETRY_MS.min, RETRY_MS.max), signal));
  }
}

async function ask(
  { url }: ReaderOptions,
  token: HeldToken,
  query: URLSearchParams,
  accept: string,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(`${url}/v1/events?${query}`, { headers: { accept, authorization: token.authorization }, signal });
  if (response.status === 401) token.refuse();
  if (response.status !== 200) throw new Error(`the service answered ${response.status}: ${await response.text()}`);
  return response;
}
