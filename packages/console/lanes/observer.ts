import type { ChannelEvent, ChannelLatest, ResetReason } from '../../client/src/index.ts';

export type LaneState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Dropped by the Cut button. */
  | { readonly kind: 'cut'; readonly untilMs: number }
  | { readonly kind: 'lost'; readonly untilMs: number }
  /** Refused, and no new attempt can succeed; a notice tells why. */
  | { readonly kind: 'ended' }
  /** The server does not have this lane; the page does not ask again. */
  | { readonly kind: 'absent' };

export type LaneNotice =
  | { readonly kind: 'cut'; readonly after: string | undefined }
  | { readonly kind: 'lost'; readonly after: string | undefined }
  /** The connection is back; `after` is the id that it resumed from. */
  | { readonly kind: 'resumed'; readonly after: string; readonly replayed: number }
  /** Seqs were missing after `after`; the log had `found` events for them, the rest never existed. */
  | { readonly kind: 'mended'; readonly after: string; readonly found: number }
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  | { readonly kind: 'error'; readonly message: string };

export type ReceivedEvent = Pick<ChannelEvent, 'id' | 'type' | 'data' | 'encoding' | 'publishedAt'>;

/** What a lane tells its pane. Events arrive in order, each once. */
export interface LaneObserver {
  onState(state: LaneState): void;
  onEvent(event: ReceivedEvent, arrival: 'live' | 'replayed'): void;
  /** Of a `latest` channel. */
  onLatest(item: ChannelLatest): void;
  /** Events of the history, in order, right before the oldest of those that the lane was asked about. None: it has no more. */
  onOlder(events: readonly ReceivedEvent[]): void;
  onRepeat(): void;
  onNotice(notice: LaneNotice): void;
}
