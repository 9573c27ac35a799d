import type { PresenceMember } from '../../../protocol/index.ts';
import type { TypedEventTarget } from '../types.ts';
import type { Presence, PresenceChange, PresenceEvents } from './types.ts';

/** What a view shows. */
interface Viewed {
  readonly channel: string;
  readonly count: number;
  readonly members: ReadonlyMap<string, PresenceMember>;
}

export class PresenceView extends (EventTarget as new () => TypedEventTarget<PresenceEvents>) implements Presence {
  readonly ready: Promise<void>;
  readonly #viewed: Viewed;
  readonly #onClose: () => void;
  #isReady = () => {};
  #isNotReady: (error: Error) => void = () => {};

  constructor(viewed: Viewed, onClose: () => void) {
    super();
    this.#viewed = viewed;
    this.#onClose = onClose;
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNotReady = reject;
    });
    // Avoids an unhandled rejection when nobody awaits it.
    this.ready.catch(() => {});
  }

  get channel(): string {
    return this.#viewed.channel;
  }

  get count(): number {
    return this.#viewed.count;
  }

  get members(): ReadonlyMap<string, PresenceMember> {
    return this.#viewed.members;
  }

  close(): void {
    this.refuse(new Error('closed before the list of members came'));
    this.#onClose();
  }

  refuse(error: Error): void {
    this.#isNotReady(error);
  }

  /**
   * The list is there, or has changed.
   * @param areTooMany there is only the count
   */
  told(changes: readonly PresenceMember[] = [], areTooMany = false): void {
    this.#isReady();
    if (changes.length === 0 && !areTooMany) return;
    this.dispatchEvent(new CustomEvent<PresenceChange>('change', { detail: { changes, count: this.count } }));
  }
}
