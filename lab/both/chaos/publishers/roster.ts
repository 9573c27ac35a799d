import { outputOf } from '../../../../packages/assembly-local/outputs.ts';
import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import type { AwsAccess } from '../aws-access.ts';
import type { Ledger } from '../ledger.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import { type NewToken, tokensOf } from '../tokens.ts';
import { eventBridgeLane } from './event-bridge-lane.ts';
import { httpLane } from './http-lane.ts';
import { invokeLane } from './invoke-lane.ts';
import { type Lane, publishUntil } from './publisher.ts';
import { socketLane } from './socket-lane.ts';

/** Between two publications of one publisher: with six of them about 20 events a second, which two cores can serve. */
const MEAN_WAIT_MS = 300;

export interface PublishersOptions {
  readonly count: number;
  readonly channels: readonly string[];
  readonly run: LocalRun;
  readonly access: AwsAccess;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly randomOf: (stream: string) => Random;
}

/** One function per publisher: it publishes until its signal aborts, and resolves when all is acknowledged. */
export function openPublishers(options: PublishersOptions): readonly ((signal: AbortSignal) => Promise<void>)[] {
  const { count, run, access, ledger, tally, channels, randomOf } = options;
  const lanes: readonly ((newToken: NewToken) => Lane)[] = [
    (newToken) => httpLane(run.urls.http, newToken),
    (newToken) => socketLane(run.urls.websocket, newToken),
    () => invokeLane(access, outputOf(run, 'PublishFunctionName')),
    (newToken) => httpLane(run.urls.http, newToken),
    () => eventBridgeLane(access, outputOf(run, 'EventBusName')),
    (newToken) => socketLane(run.urls.websocket, newToken),
  ];
  return Array.from({ length: count }, (_, index) => {
    const newToken = tokensOf(run, `publisher.${index + 1}`, randomOf(`token/publisher.${index + 1}`), tally);
    const lane = lanes[index % lanes.length]?.(newToken) ?? httpLane(run.urls.http, newToken);
    const name = `${lane.name}.${index + 1}`;
    const publisher = { name, lane, ledger, tally, channels, meanWaitMs: MEAN_WAIT_MS, random: randomOf(`publisher/${name}`) };
    return (signal) => publishUntil(publisher, signal);
  });
}
