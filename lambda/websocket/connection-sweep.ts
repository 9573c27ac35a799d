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
  /** The most rows that one run examines. */
  readonly maxConnections: number;
}

/**
 * A younger connection is left alone: its `$connect` may still be in progress, and API Gateway itself takes
 * 10 min to notice a client that vanished without closing.
 */
export const MIN_AGE_MS = 15 * 60_000;

/**
 * A row that expired less than this long ago may belong to an open connection whose token has expired.
 * Another function closes it, and needs the row to find it.
 */
const EXPIRY_GRACE_MS = LOOK_BACK_MS;

/** Rows per scan. */
export const PAGE_SIZE = 100;

/** Probes in flight. The rate limit is the account's, and connecting and posting share it. */
const CONCURRENCY = 10;

/**
 * Removes the rows of connections that are closed although no `$disconnect` arrived. One run examines a part
 * of the table and remembers where it stopped, so a run costs the same however many connections there are.
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
    // API Gateway is overloaded, so stop here. The next run continues after this page, so that one connection
    // cannot block the sweep forever.
    if (after === undefined || unknown > 0) break;
  }
  await directory.saveMark(after === undefined ? undefined : { after, open });
  // Only a whole pass knows how many connections there are.
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
      telemetry.warn('connection could not be probed', { connectionId, reason: outcome.reason });
      return 'unknown';
    }
  }
  await store.close(connectionId);
  return 'swept';
}
