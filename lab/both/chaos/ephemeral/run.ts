import type { Faults } from '../../../../packages/assembly-local/faults.ts';
import { outputOf } from '../../../../packages/assembly-local/outputs.ts';
import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import type { Connection } from '../../../../packages/client/src/index.ts';
import type { SseFrame } from '../../../../packages/client/src/sse-parser.ts';
import type { AwsAccess } from '../aws-access.ts';
import { pause, repeatedly } from '../pause.ts';
import { httpLane } from '../publishers/http-lane.ts';
import { invokeLane } from '../publishers/invoke-lane.ts';
import type { Lane } from '../publishers/publisher.ts';
import { socketLane } from '../publishers/socket-lane.ts';
import type { Random } from '../random.ts';
import { readRawStreams } from '../raw-streams.ts';
import type { NewToken } from '../tokens.ts';
import { EphemeralJournal, EphemeralLedger, judgeEphemeral, type Promised, TYPE } from './ephemeral-journal.ts';

export interface EphemeralRunOptions {
  readonly run: LocalRun;
  readonly access: AwsAccess;
  readonly randomOf: (stream: string) => Random;
  readonly tokensOf: (subject: string) => NewToken;
}

type Notification = NonNullable<Faults['notification']>;

/** An `ephemeral` channel beside the durable ones, on the same streams and sockets. */
export interface EphemeralRun {
  readonly published: number;
  readonly answered: number;
  readonly deliveries: number;
  /** Subscribes on the connection of a client that stays to the end. */
  follow(name: string, connection: Connection): void;
  /**
   * Sees every notification before what happens to it.
   * @param happens @default it is delivered
   */
  watch(happens?: Notification): Notification;
  /** Publishes until the signal aborts. */
  publish(signal: AbortSignal): Promise<void>;
  /** From now on slow readers read at once. */
  calm(): void;
  /** What is wrong by now. Publishes one more event through each entrance; ask when the faults are over. */
  judge(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const CHANNEL = 'ephemeral.chaos';
const MEAN_WAIT_MS = 400;
/** A slow reader takes nothing for so long, again and again. */
const SLOW_MS = { min: 500, max: 4_000 };

export function startEphemeral({ run, access, randomOf, tokensOf }: EphemeralRunOptions): EphemeralRun {
  const ledger = new EphemeralLedger();
  const stopped = new AbortController();
  const calm = new AbortController();
  const journals: EphemeralJournal[] = [];
  const entrances = [
    httpLane(run.urls.http, tokensOf('ephemeral.http')),
    socketLane(run.urls.websocket, tokensOf('ephemeral.socket')),
    invokeLane(access, outputOf(run, 'PublishFunctionName')),
  ].map((lane) => ({ lane, name: lane.name, isAnswered: false, events: [] as string[] }));
  let count = 0;

  function open(reader: string, promised: Promised): EphemeralJournal {
    const journal = new EphemeralJournal(reader, promised, ledger);
    journals.push(journal);
    return journal;
  }

  function readStreams(reader: string, pace?: () => Promise<unknown>): Promise<void> {
    const journal = open(reader, 'stream');
    const take = ({ event, data = '' }: SseFrame) => {
      // The others are the stream's own.
      if (event === TYPE) journal.take({ type: event, data });
    };
    const source = { url: run.urls.http, channel: CHANNEL, random: randomOf(reader), newToken: tokensOf(reader) };
    return readRawStreams({ ...source, begin: () => journal.begin(), take, ...(pace && { pace }) }, stopped.signal);
  }

  const slowness = randomOf('ephemeral-slowness');
  const reading = [
    readStreams('ephemeral-stream'),
    readStreams('ephemeral-slow-stream', () => pause(slowness.between(SLOW_MS.min, SLOW_MS.max), calm.signal)),
  ];

  /** No two events have the same. */
  const newData = (name: string, filling: number) => `${name} ${++count} ${'x'.repeat(filling)}`;

  /** Once: whoever does not know whether an ephemeral event was published sends the next one. Answers whether it was answered. */
  async function send(lane: Lane, data: string): Promise<boolean> {
    ledger.begin(data);
    try {
      await lane.send({ channel: CHANNEL, type: TYPE, data, key: data.split(' ', 2).join('.'), firstTriedAtMs: Date.now() });
      ledger.answered += 1;
      return true;
    } catch {
      return false;
    }
  }

  return {
    get published() {
      return ledger.published;
    },
    get answered() {
      return ledger.answered;
    },
    get deliveries() {
      return journals.reduce((sum, { deliveries }) => sum + deliveries, 0);
    },
    follow(name, connection) {
      const journal = open(`${name}.${CHANNEL}`, 'client');
      const subscription = connection.subscribe(CHANNEL);
      subscription.addEventListener('event', ({ detail }) => journal.take(detail));
      subscription.addEventListener('status', ({ detail: { status, error } }) => {
        if (status === 'closed' && error !== undefined) journal.complaints.push(`${journal.reader}: the subscription ended: ${error.code}`);
      });
    },
    watch: (happens) => (queue, body, deliver) => {
      ledger.notified(body);
      if (happens === undefined) deliver(body);
      else happens(queue, body, deliver);
    },
    async publish(signal) {
      const publishing = entrances.map(({ lane, name }) => {
        const random = randomOf(`ephemeral-publisher.${name}`);
        const publishOne = async () => void (await send(lane, newData(name, random.wholeBetween(10, 2_000))));
        return repeatedly(() => random.waitMs(MEAN_WAIT_MS), signal, publishOne);
      });
      await Promise.all(publishing);
    },
    calm: () => calm.abort(),
    async judge() {
      const sending = entrances.map(async (entrance) => {
        const data = newData(`calm-${entrance.name}`, 10);
        entrance.events.push(data);
        if (await send(entrance.lane, data)) entrance.isAnswered = true;
      });
      await Promise.all(sending);
      return judgeEphemeral(journals, entrances);
    },
    async stop() {
      stopped.abort();
      await Promise.all(reading);
      for (const { lane } of entrances) lane.close();
    },
  };
}
