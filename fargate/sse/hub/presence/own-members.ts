import { type PresenceRow, versionAfter } from '../../../../backbone/domain/presence.ts';
import type { Clock } from '../../../../backbone/ports.ts';
import type { Reservation, Shares } from '../../budget/shares.ts';

/** How long a client that polls stays a member after an answer, so that it is one without a break. */
export const POLL_LINGER_MS = 30_000;

/** Objects and table entries of a membership, besides its texts. */
const MEMBERSHIP_BYTES = 512;

/** One connection's presence on one channel. */
export interface Membership {
  /** Ends it at once. Safe to call twice. */
  leave(): void;
  /** Ends it after a while, unless the principal's next poll takes it over. */
  linger(): void;
}

export interface OwnMembersOptions {
  readonly owner: string;
  readonly clock: Clock;
  /** Each membership counts against its principal. */
  readonly memory: Shares;
  /** Called with every change; 0 connections say that the member has left this task. */
  readonly onChange: (row: PresenceRow) => void;
}

interface Connection extends Membership {
  readonly data: string;
  /** The version with which it came. */
  saidAt: number;
  lingersUntilMs: number | undefined;
}

interface Member {
  /** The newest comes last: its data is the member's. */
  readonly connections: Set<Connection>;
  version: number;
}

/** Who is present through this task: its own rows of each channel. */
export class OwnMembers {
  readonly #options: OwnMembersOptions;
  readonly #channels = new Map<string, Map<string, Member>>();
  /** Those that ended first come first. */
  readonly #lingering = new Set<Connection>();
  #version = 0;

  constructor(options: OwnMembersOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#channels.size === 0;
  }

  /**
   * @param revoke called when others need the memory; the membership has ended then
   * @returns undefined if there is no memory for it
   */
  join(channel: string, principal: string, data: string, revoke: () => void): Membership | undefined {
    const { memory } = this.#options;
    const bytes = MEMBERSHIP_BYTES + 2 * (principal.length + data.length);
    const reservation = memory.reserve(principal, bytes, () => {
      connection.leave();
      revoke();
    });
    if (reservation === undefined) return undefined;
    const connection = this.#connect(channel, principal, data, reservation);
    return connection;
  }

  /** The same for a poll: takes over what the principal's last poll left, if that was answered a short while ago. */
  joinByPoll(channel: string, principal: string, data: string): Membership | undefined {
    const member = this.#channels.get(channel)?.get(principal);
    const lingering = [...(member?.connections ?? [])].filter(({ lingersUntilMs }) => lingersUntilMs !== undefined);
    // Another tab that polls says something else, and has its place.
    const left = lingering.find((connection) => connection.data === data) ?? lingering[0];
    if (left === undefined || left.data !== data) {
      const joined = this.join(channel, principal, data, () => {});
      // After it, so that the member was never gone.
      if (joined !== undefined) left?.leave();
      return joined;
    }
    this.#lingering.delete(left);
    left.lingersUntilMs = undefined;
    return left;
  }

  /** On how many of the channels a poll of the principal would change something. */
  newFor(channels: readonly string[], principal: string): number {
    return channels.filter((channel) => {
      const member = this.#channels.get(channel)?.get(principal);
      return ![...(member?.connections ?? [])].some(({ lingersUntilMs }) => lingersUntilMs !== undefined);
    }).length;
  }

  /** Ends what has lingered long enough. */
  endLingering(nowMs: number): void {
    for (const connection of this.#lingering) {
      if ((connection.lingersUntilMs ?? nowMs) > nowMs) return;
      connection.leave();
    }
  }

  /** Ends everything, also what lingers. */
  endAll(): void {
    for (const members of [...this.#channels.values()]) {
      for (const { connections } of [...members.values()]) for (const connection of [...connections]) connection.leave();
    }
  }

  /** The rows of one channel. */
  rowsOf(channel: string): readonly PresenceRow[] {
    return [...(this.#channels.get(channel) ?? [])].map(([principal, member]) => this.#row(channel, principal, member));
  }

  has(channel: string, principal: string): boolean {
    return this.#channels.get(channel)?.has(principal) === true;
  }

  /** Reports rows again that have not changed since then. */
  renewOlderThan(atMs: number): void {
    for (const [channel, members] of this.#channels) {
      for (const [principal, member] of members) if (member.version < atMs) this.#changed(channel, principal, member);
    }
  }

  #connect(channel: string, principal: string, data: string, reservation: Reservation): Connection {
    const members = this.#channels.get(channel) ?? new Map<string, Member>();
    const member = members.get(principal) ?? { connections: new Set<Connection>(), version: 0 };
    this.#channels.set(channel, members);
    members.set(principal, member);
    const connection: Connection = {
      data,
      saidAt: 0,
      lingersUntilMs: undefined,
      leave: () => {
        if (!member.connections.delete(connection)) return;
        reservation.release();
        this.#lingering.delete(connection);
        if (member.connections.size === 0) members.delete(principal);
        if (members.size === 0) this.#channels.delete(channel);
        this.#changed(channel, principal, member);
      },
      linger: () => {
        if (!member.connections.has(connection)) return;
        connection.lingersUntilMs = this.#options.clock.nowMs() + POLL_LINGER_MS;
        this.#lingering.add(connection);
      },
    };
    member.connections.add(connection);
    connection.saidAt = this.#nextVersion();
    this.#changed(channel, principal, member, connection.saidAt);
    return connection;
  }

  #nextVersion(): number {
    this.#version = versionAfter(this.#version, this.#options.clock.nowMs());
    return this.#version;
  }

  #changed(channel: string, principal: string, member: Member, version = this.#nextVersion()): void {
    member.version = version;
    this.#options.onChange(this.#row(channel, principal, member));
  }

  #row(channel: string, principal: string, { connections, version }: Member): PresenceRow {
    const { data = '', saidAt = version } = [...connections].at(-1) ?? {};
    const row = { channel, owner: this.#options.owner, member: principal, data, connections: connections.size, version };
    return saidAt === version ? row : { ...row, saidAt };
  }
}
