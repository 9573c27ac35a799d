import type { Cursor } from '../../../packages/protocol/cursor.ts';
import type { PollPage } from './poll.ts';
import type { Stream } from './stream.ts';

/** Which channels a stream or a poll is to read, and from where. */
export interface SubscribeRequest {
  readonly channels: readonly string[];
  /** Where the client stopped; undefined, or without a channel, to start with what comes next. */
  readonly cursor: Cursor | undefined;
  /** Whom the stream is counted against. @default the anonymous one, who has no limit */
  readonly principal?: string;
  /** When the client may read no longer. @default never */
  readonly expiresAtMs?: number;
  /** Its stream is silent for no longer; polls have none. @default that of the hub */
  readonly heartbeatIntervalMs?: number;
}

/** Why a newcomer is refused. `full`: the task has all the streams that it may have; `overLimit`: the principal has. */
export type Refusal = 'full' | 'overLimit';

/** `tooManyChannels`: the principal follows as many channels as it may now; `draining`: the task is about to stop. */
export type Attachment =
  | { readonly kind: 'attached'; readonly stream: Stream }
  | { readonly kind: Refusal | 'tooManyChannels' | 'draining' };

/** `busy`: there was no memory for a page of this principal's for a while. */
export type PollOutcome = HeldPage | { readonly kind: Refusal | 'tooManyChannels' | 'busy' };

/** A page counts against its principal, with its bytes and as a poll, until it is released. */
export interface HeldPage {
  readonly kind: 'page';
  readonly page: PollPage;
  /** Others need the page's memory: whoever sends it has to stop. */
  readonly revoked: AbortSignal;
  /** Call it when the page is sent, or never will be. Safe to call twice. */
  release(): void;
}
