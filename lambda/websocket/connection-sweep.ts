import pLimit from 'p-limit';
import { METRICS } from '../../backbone/contract.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { Telemetry } from '../telemetry.ts';
import { LOOK_BACK_MS } from './connection-expiry.ts';
import type { ConnectionDirectory, ConnectionProbe, ConnectionStore, ListedConnection } from './ports.ts';

export interface ConnectionSweepDependencies {
  readonly directory: ConnectionDirectory;
  readonly store: Pick<ConnectionStore, 'close'>;
  readonly probe: ConnectionProbe;
  readonly clock: Clock;
  /** Rows that one run looks at. */
  readonly maxConnections: number;
}

/**
 * A younger connection is left alone: its `$connect` may still be under way, and API Gateway itself needs 10 min to
 * notice a client that is gone without a word.
 */
export const MIN_AGE_MS = 15 * 60_000;

/**
 * A row whose time is over only since then may be that of an open connection whose token has expired: it is the other
 * function's to end it, and it would not find it without the row.
 */
const EXPIRY_GRACE_MS = LOOK_BACK_MS;

/** Rows per scan. */
export const PAGE_SIZE = 100;

/** Questions on their way at once: the rate is the account's, and those who connect and post share it. */
const CONCURRENCY = 10;

/**
 * Removes the rows of connections that are closed although nobody said so. One run looks at a part of the table and
 * remembers where it stopped, so that a run costs the same however many connections there are.
 * @param deadlineMs no page begins after this
 */
export async function sweepConnections(deps: ConnectionSweepDependencies, deadlineMs: number, telemetry: Telemetry): Promise<void> {
  const { directory, clock, maxConnections } = deps;
  let swept = 0;
  let unknown = 0;
  const mark = await directory.loadMark();
  let after = mark?.after;
  let open = mark?.open ?? 0;
  for (let left = maxConnections; left > 0 && clock.nowMs() < deadlineMs; ) {
    const limit = Math.min(PAGE_SIZE, left);
    const page = await directory.list(limit, after);
    left -= limit;
    const outcomes = await examineAll(page.connections, deps, telemetry);
    const closed = outcomes.filter((outcome) => outcome === 'swept').length;
    swept += closed;
    open += outcomes.length - closed;
    unknown += outcomes.filter((outcome) => outcome === 'unknown').length;
    after = page.next;
    // API Gateway has enough to do. The next run goes on behind this page, so that one connection cannot hold the sweep up for ever.
    if (after === undefined || unknown > 0) break;
  }
  await directory.saveMark(after === undefined ? undefined : { after, open });
  // Only a whole pass knows how many there are.
  telemetry.metrics({ [METRICS.orphans]: swept, ...(after === undefined ? { [METRICS.openConnections]: open } : {}) });
  if (swept + unknown > 0) telemetry.info('connections swept', { swept, unknown });
}

type Examined = 'kept' | 'swept' | 'unknown';

async function examineAll(
  connections: readonly ListedConnection[],
  deps: ConnectionSweepDependencies,
  telemetry: Telemetry,
): Promise<readonly Examined[]> {
  const limit = pLimit(CONCURRENCY);
  return Promise.all(connections.map((connection) => limit(examine, connection, deps, telemetry)));
}

async function examine(
  { connectionId, connectedAtMs, expiresAtMs }: ListedConnection,
  { store, probe, clock }: ConnectionSweepDependencies,
  telemetry: Telemetry,
): Promise<Examined> {
  const nowMs = clock.nowMs();
  if (nowMs - expiresAtMs < EXPIRY_GRACE_MS) {
    if (nowMs >= expiresAtMs || nowMs - connectedAtMs < MIN_AGE_MS) return 'kept';
    const outcome = await probe.probe(connectionId);
    if (outcome.kind === 'open') return 'kept';
    if (outcome.kind === 'unknown') {
      telemetry.warn('connection could not be looked at', { connectionId, reason: outcome.reason });
      return 'unknown';
    }
  }
  await store.close(connectionId);
  return 'swept';
}
