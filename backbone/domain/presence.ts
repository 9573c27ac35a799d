import { parseChannel } from '../../packages/protocol/channel.ts';
import type { PresenceChange, PresenceMember, PresenceResponse } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { parsePresenceData, stateOf, stateOfCount } from '../../packages/protocol/presence.ts';
import type { NotifiedEvent } from './ephemeral-event.ts';
import { partsBySize } from './parts-by-size.ts';

/** One row per channel, owner and member. */
export interface PresenceKey {
  readonly channel: string;
  /** A task, or a connection that stands for itself. Must be unique for all time, and without `#`. */
  readonly owner: string;
  /** The principal. */
  readonly member: string;
}

/** A member as one owner sees it. */
export interface PresenceRow extends PresenceKey {
  /** Empty if the member says nothing about itself. */
  readonly data: string;
  /** How many of the member's connections the owner has. At least 1 in the store; 0 in a notification says that it has left. */
  readonly connections: number;
  /** See {@link versionAfter}. */
  readonly version: number;
  /**
   * The version at which the member has said its data here: that of the row with the highest is the member's. Absent if it is
   * the row's version.
   */
  readonly saidAt?: number;
  /** Until when the row is valid, if it has a lease of its own; otherwise its owner has the lease. */
  readonly leaseUntilMs?: number;
}

/** What one owner has changed on one channel since its last notification. */
export interface PresenceNotification {
  readonly channel: string;
  readonly owner: string;
  /** At least one; each member once. */
  readonly changes: readonly Omit<PresenceRow, 'channel' | 'owner'>[];
}

/** Whatever a notification may tell. */
export type Notified = NotifiedEvent | PresenceNotification;

const KIND = 'presence';

/**
 * The most bytes of a notification: SNS and SQS bill each 64 KiB as one request. A notification with a single change is
 * always shorter.
 */
const MAX_NOTIFICATION_BYTES = 60 * 1_024;

export function isPresence(notified: Notified): notified is PresenceNotification {
  return 'changes' in notified;
}

/** A version is about the time of the change, and higher than every earlier one of its owner. */
export function versionAfter(previous: number, nowMs: number): number {
  return Math.max(nowMs, previous + 1);
}

/** The body of its notification on the topic and, with raw delivery, in every queue. */
export function encodePresenceNotification({ channel, owner, changes }: PresenceNotification): string {
  return JSON.stringify({ kind: KIND, channel, owner, changes });
}

/** As few notifications as can be sent. */
export function splitPresenceNotification({ channel, owner, changes }: PresenceNotification): readonly PresenceNotification[] {
  return partsBySize(changes, MAX_NOTIFICATION_BYTES).map((part) => ({ channel, owner, changes: part }));
}

/** Whether the JSON of a notification is about presence. */
export function isPresenceNotification({ kind }: Readonly<Record<string, unknown>>): boolean {
  return kind === KIND;
}

/** @throws InvalidInputError `invalid_body`: anyone with permission can send any text to a queue */
export function readPresenceNotification(fields: Readonly<Record<string, unknown>>): PresenceNotification {
  const { channel, owner, changes } = fields;
  if (typeof owner !== 'string' || !Array.isArray(changes) || changes.length === 0) {
    throw new InvalidInputError('invalid_body', `notification ${quote(fields)} lacks owner or changes`);
  }
  return { channel: parseChannel(channel), owner, changes: changes.map(readChange) };
}

function readChange(value: unknown): PresenceNotification['changes'][number] {
  const { member, data, connections, version, saidAt, leaseUntilMs } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isCount = (number: unknown): number is number => Number.isSafeInteger(number) && (number as number) >= 0;
  const mayBeCount = (number: unknown): number is number | undefined => number === undefined || isCount(number);
  if (typeof member !== 'string' || !isCount(connections) || !isCount(version) || !mayBeCount(saidAt) || !mayBeCount(leaseUntilMs)) {
    throw new InvalidInputError('invalid_body', `the notification's change ${quote(value)} lacks member, connections or version`);
  }
  const row = { member, data: parsePresenceData(data), connections, version };
  return { ...row, ...(saidAt !== undefined && { saidAt }), ...(leaseUntilMs !== undefined && { leaseUntilMs }) };
}

/** What the rows of a channel say about its members. */
export function membersOf(rows: readonly PresenceRow[]): readonly PresenceMember[] {
  return [...Map.groupBy(rows, ({ member }) => member)].flatMap(([id, ofMember]) => {
    const member = toMember(id, ofMember);
    return member.connections === 0 ? [] : [member];
  });
}

/** The member with the rows of all its owners; with 0 connections if there are none. */
export function toMember(id: string, rows: Iterable<PresenceRow>): PresenceChange {
  let connections = 0;
  let newest: PresenceRow | undefined;
  for (const row of rows) {
    if (row.connections === 0) continue;
    connections += row.connections;
    if (newest === undefined || isNewer(row, newest)) newest = row;
  }
  const { data = '' } = newest ?? {};
  return { id, connections, ...(data !== '' && { data }) };
}

/** Owners for which a member has said something at the same time must not make two views differ. */
function isNewer(row: PresenceRow, than: PresenceRow): boolean {
  const [saidAt, thanSaidAt] = [row.saidAt ?? row.version, than.saidAt ?? than.version];
  return saidAt > thanSaidAt || (saidAt === thanSaidAt && row.owner > than.owner);
}

/** The answer to `GET /v1/presence`. */
export function toPresenceResponse(
  channel: string,
  { count, rows }: { readonly count: number; readonly rows?: readonly PresenceRow[] },
): PresenceResponse {
  if (rows === undefined) return { channel, count, state: stateOfCount(count) };
  const members = membersOf(rows);
  return { channel, count, members, state: stateOf(members) };
}
