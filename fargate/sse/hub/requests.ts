import type { Cursor } from '../../../packages/protocol/cursor.ts';
import type { PollPage } from './poll.ts';
import type { PresenceRequest } from './presence/presence.ts';
import type { Stream } from './stream.ts';

/** The channels that a stream or a poll reads, and from where. */
export interface SubscribeRequest {
  readonly channels: readonly string[];
  /** Where the client stopped. Channels that are not in it, or all if undefined, start with the next event. */
  readonly cursor: Cursor | undefined;
  /** The principal that the stream counts against. @default the anonymous one, which has no limit */
  readonly principal?: string;
  /** When the client's token expires. @default never */
  readonly expiresAtMs?: number;
  /** The longest silence of the stream; polls ignore it. @default the hub's */
  readonly heartbeatIntervalMs?: number;
  /** @default it is not present and does not follow who is */
  readonly presence?: PresenceRequest;
}

/** Why a stream or poll is refused. `full`: the task has reached its limit; `overLimit`: the principal has. */
export type Refusal = 'full' | 'overLimit';

/**
 * `tooManyChannels`: the principal already follows as many channels as it may; `draining`: the task is about
 * to stop.
 */
export type Attachment =
  | { readonly kind: 'attached'; readonly stream: Stream }
  | { readonly kind: Refusal | 'tooManyChannels' | 'draining' };

/** `busy`: for a while there was no memory for a page of this principal. */
export type PollOutcome = HeldPage | { readonly kind: Refusal | 'tooManyChannels' | 'busy' };

/** A page counts against its principal, by its bytes and as a poll, until it is released. */
export interface HeldPage {
  readonly kind: 'page';
  readonly page: PollPage;
  /** Aborts when others need the page's memory: sending it must stop. */
  readonly revoked: AbortSignal;
  /** Call it when the page was sent, or never will be. Safe to call twice. */
  release(): void;
}
