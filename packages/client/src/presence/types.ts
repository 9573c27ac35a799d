import type { PresenceMember } from '../../../protocol/index.ts';
import type { TypedEventTarget } from '../types.ts';

export type { PresenceMember };

export interface PresenceChange {
  /** Who has come, changed or left: with 0 connections. Empty where there are too many to list. */
  readonly changes: readonly PresenceMember[];
  /** How many there are now. */
  readonly count: number;
}

export interface PresenceEvents {
  readonly change: CustomEvent<PresenceChange>;
}

/** Who is present on the channel of a subscription. */
export interface Presence extends TypedEventTarget<PresenceEvents> {
  readonly channel: string;
  readonly count: number;
  /** By their subjects; empty above 1,000 members. While the subscription reconnects, as it was before. */
  readonly members: ReadonlyMap<string, PresenceMember>;
  /** Resolves when the list has arrived. Rejects if the subscription ends, or `close` is called, first. */
  readonly ready: Promise<void>;
  /** Ends the changes; the subscription goes on. Idempotent. */
  close(): void;
}

/** Being present on the channel of a subscription. */
export interface Present {
  readonly channel: string;
  /** Resolves when the server knows. Rejects if it refuses, or if the subscription ends or `leave` is called first. */
  readonly ready: Promise<void>;
  /** @throws TypeError if it is more than 1 KiB */
  update(data: string): void;
  /** The subscription goes on. Idempotent. */
  leave(): void;
}
