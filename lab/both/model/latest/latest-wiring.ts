import type { LatestStore } from '../../../../backbone/ports.ts';
import { LatestKeys } from '../../../../packages/client/src/latest.ts';

/** What a client holds of a channel. */
export type ClientKeys = Pick<LatestKeys, 'state' | 'offer' | 'complete'>;

/** Of what the model of `latest` channels is put together. The real protocol is {@link LATEST}; each mutation replaces a part of it. */
export interface LatestWiring {
  readonly compareIntervalMs: number;
  /** The table, as everybody finds it. */
  readonly table: (store: LatestStore) => LatestStore;
  /** What a client begins with. */
  readonly newKeys: (channel: string) => ClientKeys;
  /** What it goes on with on its next connection. */
  readonly keysAfterReconnect: (keys: ClientKeys, channel: string) => ClientKeys;
}

export const LATEST: LatestWiring = {
  compareIntervalMs: 30_000,
  table: (store) => store,
  newKeys: (channel) => new LatestKeys(channel),
  keysAfterReconnect: (keys) => keys,
};
