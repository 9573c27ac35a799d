import type { Journal } from './journal.ts';
import type { PublishAttempt } from './ledger.ts';

/**
 * `lost`: a promised event never came (P1). `doubled`, `outOfOrder`: where order and once are promised (P2).
 * `unannounced`: skipped because it could not be had any more, and nobody said so (P3). `altered`: came with another
 * content. `republished`: one key has two events.
 */
export type ViolationKind = 'lost' | 'doubled' | 'outOfOrder' | 'unannounced' | 'altered' | 'republished';

export interface Violation {
  readonly kind: ViolationKind;
  /** Undefined when it concerns no single subscriber. */
  readonly journal?: Journal;
  readonly id: string;
  readonly detail: string;
}

/** An event that exists: acknowledged, or seen by a subscriber, since all agree on what exists. */
export interface KnownEvent {
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly publication: PublishAttempt | undefined;
  /** Infinite when nobody was told. */
  readonly acknowledgedAtMs: number;
  /** When it was acknowledged, or came to a first subscriber. */
  readonly firstSeenAtMs: number;
}
