import type { ChannelEvent, ChannelLatest, ResetReason } from './index.ts';

/** An error as it travels between tabs. */
export interface TabError {
  readonly code: string;
  readonly message: string;
  readonly status?: number | undefined;
  readonly final: boolean;
}

/** What the leader has for a subscription. */
export type Delivery =
  | { readonly kind: 'event'; readonly event: ChannelEvent }
  | { readonly kind: 'latest'; readonly items: readonly ChannelLatest[] }
  /** `live` follows with the new position. */
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  /** Everything up to the cursor was delivered, which is undefined on a channel without positions; of a `latest` one, every key. */
  | { readonly kind: 'live'; readonly cursor: string | undefined; readonly isLatest: boolean }
  | { readonly kind: 'waiting'; readonly error: TabError; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly error: TabError };

/** What tabs say to each other. `name` is that of a subscription, `term` that of a leadership. */
export type TabMessage =
  /** Who leads? */
  | { readonly type: 'hello' }
  | { readonly type: 'leader'; readonly term: string }
  | { readonly type: 'join'; readonly tab: string; readonly name: string; readonly channel: string; readonly after: string | undefined }
  | { readonly type: 'leave'; readonly name: string }
  | { readonly type: 'deliver'; readonly term: string; readonly names: readonly string[]; readonly delivery: Delivery };
