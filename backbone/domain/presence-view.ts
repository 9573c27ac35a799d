import type { PresenceChange, PresenceMember } from '../../packages/protocol/index.ts';
import { type MemberHash, memberHash, NO_MEMBERS, stateOfMembers, toggle } from '../../packages/protocol/presence.ts';
import { type PresenceRow, toMember } from './presence.ts';

/** How long a write may take: what changed within this time before a read, and was not read, may still be written. */
const WRITE_MS = 5_000;

type RowsOfMember = Map<string, PresenceRow>;

/**
 * The members of one channel, made of what the store and notifications say in any order: of each owner's rows for a member,
 * the one with the highest version counts. It does no I/O, and knows only the times that it is told.
 */
export class PresenceView {
  /** By member and owner. A row with 0 connections remembers a departure. */
  #rows = new Map<string, RowsOfMember>();
  readonly #members = new Map<string, PresenceMember>();
  #hash: MemberHash = NO_MEMBERS;

  get count(): number {
    return this.#members.size;
  }

  get members(): Iterable<PresenceMember> {
    return this.#members.values();
  }

  /** See `PresenceResponse`. */
  get state(): string {
    return stateOfMembers(this.#hash);
  }

  /** The rows of everybody who is present. */
  *rows(): Generator<PresenceRow> {
    for (const rows of this.#rows.values()) for (const row of rows.values()) if (row.connections > 0) yield row;
  }

  /**
   * Takes changes: from a notification, or the process's own.
   * @returns the members that are different now
   */
  take(changes: readonly PresenceRow[]): readonly PresenceChange[] {
    const touched = new Set<string>();
    for (const row of changes) if (this.#keep(row)) touched.add(row.member);
    return this.#update(touched);
  }

  /**
   * Takes what the store had: what it did not have is gone, unless it came after the read began.
   * @param sinceMs the time when the read began. A row that was changed at most 5 s before it stays, though it was not read:
   * its write may have come later
   * @returns the members that are different now
   */
  replace(read: readonly PresenceRow[], sinceMs: number): readonly PresenceChange[] {
    const before = this.#rows;
    const touched = new Set(before.keys());
    this.#rows = new Map();
    for (const row of read) {
      this.#keep(row);
      touched.add(row.member);
    }
    for (const rows of before.values()) {
      for (const row of rows.values()) if (row.version > sinceMs - WRITE_MS) this.#keep(row);
    }
    return this.#update(touched);
  }

  /**
   * Forgets the rows of owners whose lease has lapsed.
   * @returns the members that are different now
   */
  drop(isLapsed: (row: PresenceRow) => boolean): readonly PresenceChange[] {
    const touched = new Set<string>();
    for (const [member, rows] of this.#rows) {
      for (const [owner, row] of rows) {
        if (row.connections === 0 || !isLapsed(row)) continue;
        rows.delete(owner);
        touched.add(member);
      }
    }
    return this.#update(touched);
  }

  /** @returns false if its owner's row for the member is as new, or newer */
  #keep(row: PresenceRow): boolean {
    const rows = this.#rows.get(row.member) ?? new Map<string, PresenceRow>();
    const known = rows.get(row.owner);
    if (known !== undefined && known.version >= row.version) return false;
    rows.set(row.owner, row);
    this.#rows.set(row.member, rows);
    return true;
  }

  #update(touched: Iterable<string>): readonly PresenceChange[] {
    const changes: PresenceChange[] = [];
    for (const id of touched) {
      const rows = this.#rows.get(id);
      if (rows?.size === 0) this.#rows.delete(id);
      const before = this.#members.get(id);
      const after = toMember(id, rows?.values() ?? []);
      if ((before?.connections ?? 0) === after.connections && before?.data === after.data) continue;
      if (before !== undefined) this.#hash = toggle(this.#hash, memberHash(before));
      if (after.connections > 0) {
        this.#hash = toggle(this.#hash, memberHash(after));
        this.#members.set(id, after);
      } else {
        this.#members.delete(id);
      }
      changes.push(after);
    }
    return changes;
  }
}
