import type http from 'node:http';
import type { PresenceChanges, PresenceMember } from '../../../protocol/index.ts';
import { stateOf } from '../../../protocol/presence.ts';

/** A connection: an object, or a name that stands for one. */
type Owner = object | string;

interface Entry {
  readonly id: string;
  readonly data: string;
}

const POLL_LINGER_MS = 150;

/** Who is on the stub's channels. Each connection has the subject of its token, or one for all. */
export class StubPresence {
  /** Called with what has changed. */
  onChange: (changes: PresenceChanges) => void = () => {};
  /** By owner that polls. */
  readonly #lastPolls = new Map<Owner, http.ServerResponse>();
  readonly #channels = new Map<string, Map<Owner, Entry>>();

  enter(channel: string, owner: Owner, id: string, data: string): void {
    const entries = this.#channels.get(channel) ?? new Map<Owner, Entry>();
    this.#channels.set(channel, entries.set(owner, { id, data }));
    this.#tell(channel, id);
  }

  leave(channel: string, owner: Owner): void {
    const entry = this.#channels.get(channel)?.get(owner);
    if (entry === undefined) return;
    this.#channels.get(channel)?.delete(owner);
    this.#tell(channel, entry.id);
  }

  /** A stream is present while it is open; a client that polls stays present between two polls. */
  serve(channel: string, id: string, data: string, isPoll: boolean, response: http.ServerResponse): void {
    const owner = isPoll ? `poll of ${id} on ${channel}` : response;
    this.#lastPolls.set(owner, response);
    this.enter(channel, owner, id, data);
    const leave = () => {
      if (this.#lastPolls.get(owner) === response) this.leave(channel, owner);
    };
    response.once('close', () => (isPoll ? setTimeout(leave, POLL_LINGER_MS).unref() : leave()));
  }

  leaveAll(owner: Owner): void {
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
    return stateOf(this.members(channel));
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
