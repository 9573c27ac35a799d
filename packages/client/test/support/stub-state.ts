import type { LatestEntry, PresenceChanges } from '../../../protocol/index.ts';
import type { Faults } from './control.ts';
import type { StubLatest } from './stub-latest.ts';
import type { StubLog } from './stub-log.ts';
import type { StubPresence } from './stub-presence.ts';

export const NO_FAULTS: Faults = {
  holdStreams: false,
  mute: false,
  double: false,
  reorder: false,
  dropEvery: 0,
  loseAnswers: 0,
  loseEvents: 0,
  failures: { times: 0, status: 503 },
  brokenFrames: 0,
  slowFrames: {},
  replayLimit: 0,
  noBatches: false,
  losePresence: false,
  throttledPresence: 0,
  noHeads: false,
  slowSnapshots: 0,
  limitedReplays: 0,
  retryMs: 20,
  streamType: 'text/event-stream',
  tokens: undefined,
};

/** What a stub counts while it runs. */
export type Counts = {
  -readonly [K in
    | 'opened'
    | 'mostSockets'
    | 'pings'
    | 'subscribes'
    | 'unsubscribes'
    | 'presenceFrames'
    | 'snapshots'
    | 'delivered'
    | 'publishedByHttp'
    | 'publishedBySocket']: number;
};

/** What the two lanes of the stub share. */
export interface StubState {
  readonly log: StubLog;
  readonly latest: StubLatest;
  readonly presence: StubPresence;
  readonly counts: Counts;
  faults: Faults;
}

/** A stream or a poll. */
export interface Listener {
  readonly channels: readonly string[];
  /** Sends what has become deliverable; of a `latest` channel, the entry. */
  pump(entry?: LatestEntry): void;
  /** Sends a change of presence, if its client follows that. */
  tell?(changes: PresenceChanges): void;
  expire(): void;
}

/** Whether a batch loses an event, which it does a number of times. */
export function takeLoss(state: StubState): boolean {
  const { loseEvents } = state.faults;
  state.faults = { ...state.faults, loseEvents: Math.max(0, loseEvents - 1) };
  return loseEvents > 0;
}

/** Takes one of the remaining failures, if any. */
export function takeFailure(state: StubState): Faults['failures'] | undefined {
  const { failures } = state.faults;
  if (failures.times === 0) return undefined;
  state.faults = { ...state.faults, failures: { ...failures, times: failures.times - 1 } };
  return failures;
}
