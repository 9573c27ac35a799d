import pLimit from 'p-limit';
import { METRICS } from '../../backbone/contract.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { ServerFrame } from '../../packages/protocol/index.ts';
import type { Telemetry } from '../telemetry.ts';
import type { ConnectionCloser, ConnectionExpiries, ConnectionPoster, ConnectionStore } from './ports.ts';

export interface ConnectionExpiryDependencies {
  readonly expiries: ConnectionExpiries;
  readonly poster: ConnectionPoster;
  readonly closer: ConnectionCloser;
  readonly store: Pick<ConnectionStore, 'close'>;
  readonly clock: Clock;
}

/** How far back a run looks, to find connections that failed or interrupted runs have missed. */
export const LOOK_BACK_MS = 5 * 60_000;

/**
 * How many connections are ended concurrently. The rate limit is the account's, and connecting and posting
 * share it.
 */
const CONCURRENCY = 20;

/** The last frame of a connection. API Gateway closes it with its own code, which does not tell the reason. */
const EXPIRED: ServerFrame = { kind: 'error', code: 'token_expired', message: 'the token has expired: connect again with a new one' };
const EXPIRED_TEXT = JSON.stringify(EXPIRED);

type Ended = 'ended' | 'gone' | 'unknown';

/**
 * Tells connections whose token has expired, and closes them. Nothing has been delivered to them since the
 * expiry; closing makes the client reconnect with a new token.
 * @param deadlineMs no page begins after this; the next run continues with the rest
 */
export async function endExpiredConnections(deps: ConnectionExpiryDependencies, deadlineMs: number, telemetry: Telemetry): Promise<void> {
  const { expiries, clock } = deps;
  const limit = pLimit(CONCURRENCY);
  const nowMs = clock.nowMs();
  const counts: Record<Ended, number> = { ended: 0, gone: 0, unknown: 0 };
  for await (const connectionIds of expiries.expired(nowMs - LOOK_BACK_MS, nowMs)) {
    if (clock.nowMs() >= deadlineMs) break;
    for (const ended of await Promise.all(connectionIds.map((id) => limit(end, id, deps, telemetry)))) counts[ended]++;
  }
  telemetry.metrics({ [METRICS.connectionsExpired]: counts.ended });
  if (counts.ended + counts.gone + counts.unknown > 0) telemetry.info('connections of expired tokens', counts);
}

async function end(connectionId: string, { poster, closer, store }: ConnectionExpiryDependencies, telemetry: Telemetry): Promise<Ended> {
  // Its outcome matters only if the connection is gone: the close that follows is what counts.
  const told = await poster.post(connectionId, EXPIRED_TEXT);
  const outcome = told.kind === 'gone' ? told : await closer.close(connectionId);
  switch (outcome.kind) {
    case 'closed':
      // Its `$disconnect` removes the rows. If that is lost, the next run finds the connection gone.
      return 'ended';
    case 'gone':
      await store.close(connectionId);
      return 'gone';
    case 'unknown':
      telemetry.warn('connection of an expired token not ended', { connectionId, reason: outcome.reason });
      return 'unknown';
  }
}
