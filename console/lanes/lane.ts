import type { ResetReason } from '../../backbone/protocol.ts';

/** How long a cut lasts: long enough to publish a few events that the lane will have missed. */
export const CUT_MS = 4000;

/** Both lanes ask the log this often whether anything is missing, so that a lost last event is found too. */
export const CHECK_INTERVAL_MS = 15_000;

/** Whoever publishes by hand wants to know soon; a cut is shorter. */
export const PUBLISH_TIMEOUT_MS = 10_000;

export type LaneState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Dropped by the Cut button. */
  | { readonly kind: 'cut'; readonly untilMs: number }
  /** Lost; `untilMs` is missing when the browser itself decides when to come back. */
  | { readonly kind: 'lost'; readonly untilMs?: number }
  /** Refused in a way that no new attempt can mend; a notice says why. */
  | { readonly kind: 'ended' }
  /** The answer was that there is no such lane; it is not asked again. */
  | { readonly kind: 'absent' };

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  /** RFC 3339; an SSE event does not carry it. */
  readonly publishedAt?: string;
}

export type LaneNotice =
  | { readonly kind: 'cut'; readonly after: string | undefined }
  | { readonly kind: 'lost'; readonly after: string | undefined }
  /** The connection is back; `after` is the id it resumed from, undefined when none was known. */
  | { readonly kind: 'resumed'; readonly after: string | undefined; readonly replayed: number }
  /** Seqs were missing after `after`; the log had `found` events for them, the rest never existed. */
  | { readonly kind: 'mended'; readonly after: string; readonly found: number }
  /** An event of a type came that EventSource had no listener for. */
  | { readonly kind: 'typeLearned'; readonly type: string }
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  | { readonly kind: 'error'; readonly message: string };

/** What a lane tells its pane. Events come in order, each once. */
export interface LaneObserver {
  onState(state: LaneState): void;
  onEvent(event: ReceivedEvent, arrival: 'live' | 'replayed'): void;
  onRepeat(): void;
  onNotice(notice: LaneNotice): void;
}

export interface Lane {
  /** Drops the connection, and resumes after the last event when {@link CUT_MS} have passed. */
  cut(): void;
  /** Ends a cut, or the wait before a new attempt, at once. */
  resume(): void;
  /** Ends the lane for good. */
  close(): void;
}
