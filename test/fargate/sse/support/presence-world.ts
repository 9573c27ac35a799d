import { parseJsonObject } from '../../../../backbone/domain/notification.ts';
import { encodePresenceNotification, type PresenceNotification, readPresenceNotification } from '../../../../backbone/domain/presence.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import type { PresenceStore } from '../../../../backbone/ports.ts';
import type { HubOptions } from '../../../../fargate/sse/hub/hub.ts';
import type { PresenceRequest } from '../../../../fargate/sse/hub/presence/presence.ts';
import type { Stream } from '../../../../fargate/sse/hub/stream.ts';
import type { PresenceChanges, PresenceMember } from '../../../../packages/protocol/index.ts';
import { stateOf } from '../../../../packages/protocol/presence.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeSink } from './fake-sink.ts';
import { HubWorld } from './hub-world.ts';
import { idle } from './until.ts';

export interface Watcher {
  readonly stream: Stream;
  readonly sink: FakeSink;
}

/** Several tasks with one clock, one store, and notifications that the test may lose. */
export class PresenceWorld {
  readonly clock = new ManualClock();
  readonly store = new MemoryPresenceStore({ clock: this.clock });
  readonly told: PresenceNotification[] = [];
  /** Whether a notification is lost. */
  loses: (notification: PresenceNotification) => boolean = () => false;
  readonly tasks: HubWorld[] = [];
  readonly #killed = new Set<HubWorld>();

  addTask(options: Partial<HubOptions> = {}): HubWorld {
    const bus = {
      tell: async (notification: PresenceNotification) => {
        this.told.push(notification);
        if (this.#killed.has(task) || this.loses(notification)) return;
        const read = readPresenceNotification(parseJsonObject(encodePresenceNotification(notification)));
        for (const { hub } of this.tasks) hub.offer(read);
      },
    };
    const task: HubWorld = new HubWorld({
      clock: this.clock,
      presenceStore: this.#storeOf(() => task),
      presenceBus: bus,
      maxStreams: 5_000,
      ...options,
    });
    this.tasks.push(task);
    return task;
  }

  /** From now on nothing of what the task does reaches anybody. */
  kill(task: HubWorld): void {
    this.#killed.add(task);
    task.hub.close();
  }

  #storeOf(task: () => HubWorld): PresenceStore {
    const { store } = this;
    const orDead = <Result>(work: () => Promise<Result>): Promise<Result> =>
      this.#killed.has(task()) ? Promise.reject(new Error('the task is dead')) : work();
    return {
      write: (rows, removals) => orDead(() => store.write(rows, removals)),
      extend: (keys, untilMs) => orDead(() => store.extend(keys, untilMs)),
      renewLease: (owner, untilMs) => orDead(() => store.renewLease(owner, untilMs)),
      endLease: (owner) => orDead(() => store.endLease(owner)),
      leases: (owners) => orDead(() => store.leases(owners)),
      read: (channel) => orDead(() => store.read(channel)),
    };
  }

  /** Time passes, in steps that let everything happen that is due. */
  async pass(ms: number, stepMs = 250): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(Math.min(stepMs, ms - passed));
      await idle();
    }
  }

  open(task: HubWorld, channels: readonly string[], principal: string, presence: Partial<PresenceRequest>, sink = new FakeSink()): Watcher {
    const request = { channels, cursor: undefined, principal, presence: { present: undefined, follows: false, ...presence } };
    const attachment = task.hub.attach(request, sink);
    if (attachment.kind !== 'attached') throw new Error(attachment.kind);
    return { stream: attachment.stream, sink };
  }

  close(): void {
    for (const { hub } of this.tasks) hub.close();
  }
}

/** What a client knows that applies everything it got of a channel. Fails if a state does not belong to the members. */
export class Known {
  readonly members = new Map<string, PresenceMember>();
  count = 0;
  state = '';
  isCounted = false;
  snapshots = 0;

  static of({ sink }: Watcher, channel: string): Known {
    const known = new Known();
    for (const { event, data } of sink.events) {
      if (event !== 'presence') continue;
      const changes = JSON.parse(data) as PresenceChanges;
      if (changes.channel === channel) known.apply(changes);
    }
    return known;
  }

  get ids(): readonly string[] {
    return [...this.members.keys()].sort();
  }

  apply({ count, changes, snapshot, more, state }: PresenceChanges): void {
    this.isCounted = changes === undefined;
    if (snapshot === true) this.snapshots++;
    if (snapshot === true || changes === undefined) this.members.clear();
    for (const change of changes ?? []) {
      if (change.connections === 0) this.members.delete(change.id);
      else this.members.set(change.id, change);
    }
    this.count = count;
    this.state = state;
    if (more === true || changes === undefined) return;
    const own = stateOf(this.members.values());
    if (own !== state || count !== this.members.size) throw new Error(`the state is ${state}, but the members are ${this.ids.join()}`);
  }
}
