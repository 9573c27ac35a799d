import type { KindOf } from '../../backbone/domain/channel-kind.ts';
import type { EventLog } from '../../backbone/ports.ts';
import { formatPosition, ORIGIN } from '../../packages/protocol/cursor.ts';
import type { ServerFrame } from '../../packages/protocol/index.ts';
import type { RegisteredConnection } from './domain/connection.ts';
import type { PostQuota } from './ports.ts';
import type { RememberedStates } from './remembered-states.ts';

export interface PositionsDependencies {
  readonly kindOf: KindOf;
  readonly log: Pick<EventLog, 'heads'>;
  readonly states: RememberedStates;
  readonly answers: PostQuota;
}

/**
 * What the client of a connection compares with what it has. Each state that has to be read counts as an answer, because it costs as
 * much as one to `subscribe`; there are no states if that is more than the principal may have.
 */
export async function positionsOf(
  { channels, principal }: RegisteredConnection,
  { kindOf, log, states, answers }: PositionsDependencies,
): Promise<Pick<ServerFrame & { readonly kind: 'pong' }, 'heads' | 'states'>> {
  const heads = await headsOf(
    channels.filter((channel) => kindOf(channel) === 'durable'),
    log,
  );
  const latest = channels.filter((channel) => kindOf(channel) === 'latest');
  const unknown = states.unknown(latest);
  const isAllowed = unknown.length === 0 || (await answers.take(principal, unknown.length)).kind === 'allowed';
  return latest.length > 0 && isAllowed ? { heads, states: await states.of(latest) } : { heads };
}

/**
 * Where the log is, for durable channels of the connection's row: its token allowed them when it subscribed. Strongly consistent: an
 * older head would hide an event that was lost, and a client that is past it would take the log for one that was restored.
 */
async function headsOf(channels: readonly string[], log: Pick<EventLog, 'heads'>): Promise<Readonly<Record<string, string>>> {
  const heads = await log.heads(channels);
  return Object.fromEntries(channels.map((channel) => [channel, formatPosition(heads.get(channel) ?? ORIGIN)]));
}
