/** Presence: who is on a channel. What both ends of the wire share. */

import type { PresenceMember } from './index.ts';
import { InvalidInputError, quote } from './invalid-input.ts';
import { hashOf } from './state-tag.ts';

/** The most members of a channel that are listed. Of a larger one only the count is known. */
export const MAX_LISTED_MEMBERS = 1_000;

/** The most channels that one connection may be present on. */
export const MAX_PRESENT_CHANNELS = 32;

/** The most that a member may say about itself, in bytes of UTF-8. */
export const MAX_PRESENCE_DATA_BYTES = 1_024;

/**
 * What a member says about itself. Absent means empty.
 * @throws InvalidInputError `invalid_data` or `data_too_large`
 */
export function parsePresenceData(value: unknown = ''): string {
  if (typeof value !== 'string') throw new InvalidInputError('invalid_data', `presence data is ${quote(value)}, but must be text`);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes <= MAX_PRESENCE_DATA_BYTES) return value;
  throw new InvalidInputError(
    'data_too_large',
    `presence data has ${bytes} bytes, but at most ${MAX_PRESENCE_DATA_BYTES} are allowed: publish the rest as an event`,
  );
}

/** Two halves of 32 bits. */
export interface MemberHash {
  readonly high: number;
  readonly low: number;
}

/** The hash of nobody. */
export const NO_MEMBERS: MemberHash = { high: 0, low: 0 };

/** The part of one member in the state of a channel: of its id, connections and data. */
export function memberHash({ id, connections, data = '' }: PresenceMember): MemberHash {
  // The length comes first, so that no other id and data can make up the same text.
  const [high, low] = hashOf(`${id.length}:${id}${connections}:${data}`);
  return { high, low };
}

/** Adds a member's hash to those of others, or removes it: it is its own inverse, and the order does not matter. */
export function toggle(all: MemberHash, one: MemberHash): MemberHash {
  return { high: all.high ^ one.high, low: all.low ^ one.low };
}

/**
 * The state of a channel whose members are listed: short text that is the same wherever the same members are known. Do
 * not read anything from it.
 */
export function stateOfMembers({ high, low }: MemberHash): string {
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(36);
}

/** The state of a channel with these members. */
export function stateOf(members: Iterable<PresenceMember>): string {
  return stateOfMembers(Array.from(members, memberHash).reduce<MemberHash>(toggle, NO_MEMBERS));
}

/** The state of a channel of which only the count is known. Not one of {@link stateOfMembers}. */
export function stateOfCount(count: number): string {
  return `count.${count.toString(36)}`;
}

const STATE = /^[a-z0-9.]{1,32}$/;

/** Whether the text may be a state. */
export function isPresenceState(value: unknown): value is string {
  return typeof value === 'string' && STATE.test(value);
}
