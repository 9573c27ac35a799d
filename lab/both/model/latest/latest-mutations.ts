import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import type { LatestStore } from '../../../../backbone/ports.ts';
import { LatestState } from '../../../../fargate/sse/hub/latest/latest-state.ts';
import { LatestKeys } from '../../../../packages/client/src/latest.ts';
import type { ClientKeys, LatestWiring } from './latest-wiring.ts';

/** A rule of `latest` channels, broken from outside production code, as in `../mutations.ts`. */
export interface LatestMutation {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly wiring: Partial<LatestWiring>;
  readonly install?: () => () => void;
}

export const LATEST_MUTATIONS: readonly LatestMutation[] = [
  {
    name: 'take-any-version',
    breaks: 'a client drops what is not newer than what it holds',
    wiring: { newKeys: takingAll },
  },
  {
    name: 'forget-on-reconnect',
    breaks: 'a snapshot replaces nothing that is newer, wherever it comes from',
    wiring: { keysAfterReconnect: (_, channel) => new LatestKeys(channel) },
  },
  {
    name: 'begin-again-with-an-old-time',
    breaks: 'a key that expired and is published again wins over what clients hold',
    wiring: { table: keepingTheFirstTime },
  },
  {
    name: 'forget-removals',
    breaks: 'a removed key leaves its version behind',
    wiring: { table: forgettingRemovals },
  },
  {
    name: 'never-compare',
    breaks: 'what notifications have not told is found by comparing with the table',
    wiring: { compareIntervalMs: 1_000_000_000 },
  },
  {
    name: 'ignore-the-end',
    breaks: 'clients are told that a key has expired',
    wiring: {},
    install: neverEnding,
  },
  {
    name: 'trust-a-read-that-lags',
    breaks: 'a key is lost only if it is missing in a read that cannot be behind its publication',
    wiring: {},
    install: endingAllThatIsMissing,
  },
];

function takingAll(channel: string): ClientKeys {
  const keys = new LatestKeys(channel);
  return {
    get state() {
      return keys.state;
    },
    offer: (entries) => {
      keys.offer(entries);
      return entries.map((entry) => ({ kind: 'latest', channel, ...entry }));
    },
    complete: (sinceMs) => keys.complete(sinceMs),
  };
}

/** The table, with the versions of its events changed. */
function versioning(store: LatestStore, change: (event: LatestEvent) => LatestEvent, isKept: (event: LatestEvent) => boolean): LatestStore {
  const changed = new Map<string, LatestEvent>();
  return {
    put: async (event) => {
      const written = change(await store.put(event));
      changed.set(event.key, written);
      return written;
    },
    read: async (...args) => (await store.read(...args)).map((event) => changed.get(event.key) ?? event).filter(isKept),
  };
}

function keepingTheFirstTime(store: LatestStore): LatestStore {
  const first = new Map<string, number>();
  const change = (event: LatestEvent): LatestEvent => {
    const createdAt = first.get(event.key) ?? event.version.createdAt;
    first.set(event.key, createdAt);
    return { ...event, version: { ...event.version, createdAt } };
  };
  return versioning(store, change, () => true);
}

function forgettingRemovals(store: LatestStore): LatestStore {
  const lives = new Map<string, LatestEvent['version']>();
  const change = (event: LatestEvent): LatestEvent => {
    const life = lives.get(event.key) ?? { createdAt: event.publishedAtMs, count: 0 };
    const version = { ...life, count: life.count + 1 };
    if (event.removed === true) lives.delete(event.key);
    else lives.set(event.key, version);
    return { ...event, version };
  };
  return versioning(store, change, ({ removed }) => removed !== true);
}

function neverEnding(): () => void {
  const { sweep, endMissing } = LatestState.prototype;
  LatestState.prototype.sweep = () => false;
  LatestState.prototype.endMissing = () => false;
  return () => {
    Object.assign(LatestState.prototype, { sweep, endMissing });
  };
}

function endingAllThatIsMissing(): () => void {
  const { endMissing } = LatestState.prototype;
  LatestState.prototype.endMissing = function (present, _, nowMs) {
    return endMissing.call(this, present, Number.POSITIVE_INFINITY, nowMs);
  };
  return () => {
    LatestState.prototype.endMissing = endMissing;
  };
}
