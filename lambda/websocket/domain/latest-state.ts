import type { LatestEvent } from '../../../backbone/domain/latest-event.ts';
import type { SnapshotEnd } from '../../../packages/protocol/index.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { formatVersion } from '../../../packages/protocol/version.ts';

/** How many keys there are, and the state that both ends compare. Removed keys do not count. */
export function stateOf(events: readonly LatestEvent[]): Pick<SnapshotEnd, 'keys' | 'state'> {
  const entries = events.filter(({ removed }) => removed !== true).map(({ key, version }) => ({ key, version: formatVersion(version) }));
  return { keys: entries.length, state: stateTag(entries) };
}
