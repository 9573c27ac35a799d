import { HALF_JITTER, jittered } from '../../../protocol/backoff.ts';
import type { PresenceChanges, PresenceMember } from '../../../protocol/index.ts';
import { stateOf } from '../../../protocol/presence.ts';
import type { LanesError } from '../errors.ts';
import type { Rider } from '../rider.ts';
import type { LaneSocket } from '../socket.ts';
import type { Subscription } from '../types.ts';
import { type Berth, berthOf } from './berth.ts';
import { PresenceView } from './presence-view.ts';
import { type HandleOwner, PresentHandle } from './present-handle.ts';

/**
 * On the WebSocket lane changes may come late, in another order, or not at all. If nothing has come for this long and the
 * members are not those of the last state, they are requested again.
 */
const REPAIR_AFTER_MS = 10_000;

/** What presence needs of a subscription and applications do not see. */
interface Carrier extends Subscription {
  rider: Rider | undefined;
  /** Sends its request again. */
  restart(): void;
}

/** The one that rides on a subscription. */
export function riderOn(subscription: Subscription): PresenceRider {
  const carrier = subscription as Carrier;
  carrier.rider ??= new PresenceRider(carrier);
  return carrier.rider as PresenceRider;
}

/** Presence on one subscription: what its requests take along, and who is there. */
export class PresenceRider implements Rider, HandleOwner {
  readonly channel: string;
  readonly members = new Map<string, PresenceMember>();
  count = 0;
  state = '';
  readonly #carrier: Carrier;
  readonly #views = new Set<PresenceView>();
  readonly #handles = new Set<PresentHandle>();
  /** On the socket that it was last subscribed on; undefined over HTTP. */
  #berth: Berth | undefined;
  /** The members before the first part of what arrives in parts. */
  #before: ReadonlyMap<string, PresenceMember> | undefined;
  #repair: ReturnType<typeof setTimeout> | undefined;

  constructor(carrier: Carrier) {
    this.channel = carrier.channel;
    this.#carrier = carrier;
    carrier.addEventListener('status', ({ detail: { status, error } }) => {
      if (status === 'closed') this.#end(error);
      // The request of this round has told the server who is present.
      if (status === 'live' && !this.#berth) for (const handle of this.#handles) handle.confirm();
    });
  }

  get watches(): boolean {
    return this.#views.size > 0;
  }

  watch(): PresenceView {
    this.#throwIfClosed();
    const view: PresenceView = new PresenceView(this, () => {
      if (this.#views.delete(view) && !this.watches) this.#stopWatching();
    });
    // A list that is there already is told to the new one too.
    if (!this.watches) this.#carrier.restart();
    else if (this.state) view.told();
    this.#views.add(view);
    return view;
  }

  enter(data: string): PresentHandle {
    this.#throwIfClosed();
    const handle = new PresentHandle(this, data);
    this.#handles.add(handle);
    if (this.#berth) this.#berth.add(handle);
    else this.#carrier.restart();
    return handle;
  }

  updated(): void {
    if (this.#berth) void this.#berth.update();
    else this.#carrier.restart();
  }

  left(handle: PresentHandle): void {
    if (!this.#handles.delete(handle)) return;
    if (this.#berth) this.#berth.remove(handle);
    else this.#carrier.restart();
  }

  get shape(): string {
    return new URLSearchParams({ ...(this.watches && { presence: 'true' }), ...this.#present }).toString();
  }

  get #present(): { readonly present?: string } {
    const data = [...this.#handles].at(-1)?.data;
    return data === undefined ? {} : { present: data };
  }

  query(): Readonly<Record<string, string>> {
    this.#berth = undefined;
    return {
      ...(this.watches && { presence: 'true' }),
      ...(this.watches && this.state && { presenceState: `${this.channel}=${this.state}` }),
      ...this.#present,
    };
  }

  board(socket: LaneSocket): void {
    const berth = berthOf(socket, this.channel);
    this.#berth = berth;
    for (const handle of this.#handles) berth.add(handle);
  }

  take({ snapshot, changes, more, count, state }: PresenceChanges): void {
    if (!this.watches) return;
    const { members } = this;
    const before = this.#before ?? new Map(members);
    if ((snapshot && !this.#before) || !changes) members.clear();
    for (const member of changes ?? []) {
      if (member.connections > 0) members.set(member.id, member);
      else members.delete(member.id);
    }
    this.count = count;
    this.state = changes ? stateOf(members.values()) : state;
    this.#before = more && before;
    clearTimeout(this.#repair);
    if (this.state !== state) this.#repair = setTimeout(() => this.#carrier.restart(), jittered(REPAIR_AFTER_MS, HALF_JITTER));
    if (more) return;
    const changed = [...members.values()].filter((member) => !isSame(member, before.get(member.id)));
    const gone = changes ? [...before.values()].filter(({ id }) => !members.has(id)).map((member) => ({ ...member, connections: 0 })) : [];
    for (const view of this.#views) view.told([...changed, ...gone], !changes);
  }

  #throwIfClosed(): void {
    const { status, error } = this.#carrier.status;
    if (status === 'closed') throw error ?? new Error(`the subscription of ${this.channel} is closed`);
  }

  #stopWatching(): void {
    clearTimeout(this.#repair);
    this.members.clear();
    this.#before = undefined;
    this.state = '';
    if (this.#carrier.status.status !== 'closed') this.#carrier.restart();
  }

  #end(error: LanesError | undefined): void {
    clearTimeout(this.#repair);
    const reason = error ?? new Error(`the subscription of ${this.channel} was closed`);
    for (const view of this.#views) view.refuse(reason);
    for (const handle of this.#handles) {
      handle.refuse(reason);
      this.#berth?.remove(handle);
    }
  }
}

function isSame(one: PresenceMember, other: PresenceMember | undefined): boolean {
  return one.connections === other?.connections && one.data === other.data;
}
