import type { Connection } from '../../../../packages/client/src/index.ts';
import type { SseFrame } from '../../../../packages/client/src/sse-parser.ts';
import type { LatestEntry, PollResponse, SnapshotEnd } from '../../../../packages/protocol/index.ts';
import { compareVersions, parseVersion } from '../../../../packages/protocol/version.ts';
import type { Random } from '../random.ts';
import { readRawStreams } from '../raw-streams.ts';
import type { NewToken } from '../tokens.ts';
import { type HeldKey, LatestJournal } from './latest-journal.ts';
import { LatestLedger, writeLatest } from './writers.ts';

export interface LatestRunOptions {
  /** Of the service. */
  readonly url: string;
  readonly randomOf: (stream: string) => Random;
  readonly tokensOf: (subject: string) => NewToken;
}

/** `latest` channels beside the durable ones. */
export interface LatestRun {
  readonly acknowledged: number;
  readonly deliveries: number;
  /** Subscribes to the next of the channels on the connection of a client that stays to the end. */
  follow(name: string, connection: Connection): void;
  /** Writes until the signal aborts. */
  write(signal: AbortSignal): Promise<void>;
  /** What is wrong by now: keys that a reader does not have as the table has them, steps back, values that nobody published. */
  judge(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const CHANNELS = ['latest.1', 'latest.2'];
const WRITERS = 3;

export function startLatest({ url, randomOf, tokensOf }: LatestRunOptions): LatestRun {
  const ledger = new LatestLedger();
  const stopped = new AbortController();
  const journals: LatestJournal[] = [];
  let followers = 0;

  function open(reader: string, channel: string): LatestJournal {
    const journal = new LatestJournal(`${reader}.${channel}`, channel);
    journals.push(journal);
    return journal;
  }

  // The client drops what is older: only a bare stream shows whether a task has sent it.
  const reading = CHANNELS.map((channel) => {
    const journal = open('latest-stream', channel);
    const random = randomOf(journal.reader);
    const begin = () => journal.beginSnapshot();
    const take = (frame: SseFrame) => takeFrame(journal, frame);
    return readRawStreams({ url, channel, random, newToken: tokensOf(journal.reader), begin, take }, stopped.signal);
  });

  async function truthOf(channel: string): Promise<readonly LatestEntry[]> {
    const headers = { accept: 'application/json', authorization: `Bearer ${tokensOf('latest-truth')()}` };
    const response = await fetch(`${url}/v1/events?channel=${channel}`, { headers });
    if (response.status !== 200) throw new Error(`reading ${channel} answered ${response.status}`);
    return ((await response.json()) as PollResponse).latest?.[0]?.entries ?? [];
  }

  async function judgeChannel(channel: string): Promise<readonly string[]> {
    const entries = await truthOf(channel);
    const truth = new Map<string, HeldKey>();
    const old: string[] = [];
    for (const entry of entries) {
      const version = parseVersion(entry.version);
      const acknowledged = ledger.newest(channel, entry.key);
      if (acknowledged !== undefined && compareVersions(version, acknowledged) < 0)
        old.push(`${entry.key} of ${channel} is of version ${entry.version}, and a newer one was acknowledged`);
      if (!('removed' in entry)) truth.set(entry.key, { version, data: entry.data });
    }
    const own = journals.filter((journal) => journal.channel === channel);
    return [...old, ...own.flatMap((journal) => journal.judge(truth, ledger.published))];
  }

  return {
    get acknowledged() {
      return ledger.acknowledged;
    },
    get deliveries() {
      return journals.reduce((sum, journal) => sum + journal.deliveries, 0);
    },
    follow(name, connection) {
      const journal = open(name, CHANNELS[followers++ % CHANNELS.length] ?? '');
      const subscription = connection.subscribe(journal.channel);
      subscription.addEventListener('latest', ({ detail }) => journal.take(detail));
      subscription.addEventListener('status', ({ detail: { status, error } }) => {
        if (status === 'closed' && error !== undefined) journal.complaints.push(`${journal.reader}: the subscription ended: ${error.code}`);
      });
    },
    async write(signal) {
      const writers = Array.from({ length: WRITERS }, (_, index) => {
        const name = `latest-writer.${index + 1}`;
        return writeLatest({ name, url, channels: CHANNELS, random: randomOf(name), newToken: tokensOf(name), ledger }, signal);
      });
      await Promise.all(writers);
    },
    async judge() {
      const found = CHANNELS.map((channel) => judgeChannel(channel).catch((error: unknown) => [`${channel} cannot be read: ${error}`]));
      return (await Promise.all(found)).flat();
    },
    async stop() {
      stopped.abort();
      await Promise.all(reading);
    },
  };
}

function takeFrame(journal: LatestJournal, { event, data = '' }: SseFrame): void {
  if (event === 'latest') journal.take(JSON.parse(data) as LatestEntry);
  if (event === 'snapshot' && (JSON.parse(data) as SnapshotEnd).unchanged !== true) journal.endSnapshot();
}
