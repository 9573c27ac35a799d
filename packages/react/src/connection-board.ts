import type { LanesError, Status, StatusName } from '@realtime-lanes/client';
import { Store } from './store.ts';

/** What the channels of a provider's hooks have in common. */
export interface ConnectionState {
  /**
   * `idle`: no hook follows a channel. Otherwise that of the channel which is worst off: `waiting` (broken, and tried again),
   * `connecting`, `paused`, or `live`, when all are. A channel that has ended does not count: its own hook reports it.
   */
  readonly status: 'idle' | Exclude<StatusName, 'closed'>;
  /** With `waiting`: what broke. */
  readonly error?: LanesError | undefined;
  /** With `waiting`: how long until the next attempt. */
  readonly delayMs?: number | undefined;
}

const WORST_FIRST = ['waiting', 'connecting', 'paused', 'live'] as const;

export const IDLE: ConnectionState = { status: 'idle' };

/** The status of every channel that a provider's hooks follow. */
export class ConnectionBoard {
  readonly state = new Store<ConnectionState>(IDLE);
  readonly #statuses = new Map<object, Status>();

  note(follower: object, status: Status): void {
    this.#statuses.set(follower, status);
    this.#sum();
  }

  forget(follower: object): void {
    this.#statuses.delete(follower);
    this.#sum();
  }

  #sum(): void {
    const statuses = [...this.#statuses.values()];
    const status = WORST_FIRST.find((name) => statuses.some((it) => it.status === name)) ?? 'idle';
    const { error, delayMs } = statuses.find((it) => it.status === status) ?? {};
    const before = this.state.get();
    if (before.status !== status || before.error !== error || before.delayMs !== delayMs) this.state.set({ status, error, delayMs });
  }
}
