import type { PresenceChanges, PresenceMember } from '../../../protocol/index.ts';
import { type MemberHash, memberHash, NO_MEMBERS, stateOfMembers, toggle } from '../../../protocol/presence.ts';

interface Entry {
  readonly id: string;
  readonly data: string;
}

/** Who is on the stub's channels. Each connection has the subject of its token, or one for all. */
export class StubPresence {
  /** Called with what has changed. */
  onChange: (changes: PresenceChanges) => void = () => {};
  readonly #channels = new Map<string, Map<object, Entry>>();

  /** @param owner the connection */
  enter(channel: string, owner: object, id: string, data: string): void {
    const entries = this.#channels.get(channel) ?? new Map<object, Entry>();
    this.#channels.set(channel, entries.set(owner, { id, data }));
    this.#tell(channel, id);
  }

  leave(channel: string, owner: object): void {
    const entry = this.#channels.get(channel)?.get(owner);
    if (entry === undefined) return;
    this.#channels.get(channel)?.delete(owner);
    this.#tell(channel, entry.id);
  }

  leaveAll(owner: object): void {
    for (const channel of this.#channels.keys()) this.leave(channel, owner);
  }

  members(channel: string): readonly PresenceMember[] {
    const byId = Map.groupBy(this.#channels.get(channel)?.values() ?? [], ({ id }) => id);
    return [...byId].map(([id, entries]) => {
      const data = entries.at(-1)?.data;
      return { id, connections: entries.length, ...(data && { data }) };
    });
  }

  state(channel: string): string {
    return stateOfMembers(this.members(channel).map(memberHash).reduce<MemberHash>(toggle, NO_MEMBERS));
  }

  /** In two parts, if there are several members. */
  snapshot(channel: string): readonly PresenceChanges[] {
    const members = this.members(channel);
    const rest = { channel, count: members.length, snapshot: true, state: this.state(channel) } as const;
    if (members.length < 2) return [{ ...rest, changes: members }];
    return [
      { ...rest, changes: members.slice(0, 1), more: true },
      { ...rest, changes: members.slice(1) },
    ];
  }

  #tell(channel: string, id: string): void {
    const members = this.members(channel);
    const changes = [members.find((member) => member.id === id) ?? { id, connections: 0 }];
    this.onChange({ channel, count: members.length, changes, state: this.state(channel) });
  }
}
