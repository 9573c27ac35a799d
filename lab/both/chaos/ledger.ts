/** Something that a publisher wants published. */
export interface PublishAttempt {
  /** Idempotency key, unique in the run. */
  readonly key: string;
  readonly channel: string;
  readonly type: string;
  /** Begins with the key, so that whoever gets it can tell whose it is. */
  readonly data: string;
  readonly firstTriedAtMs: number;
  /** When and as what it was acknowledged. */
  acknowledged?: { readonly id: string; readonly atMs: number };
  /** When EventBridge took it: a promise to publish it some time, without an id. */
  acceptedAtMs?: number;
}

/** What was published, by whom, and what the service said to it. */
export class Ledger {
  readonly #publications = new Map<string, PublishAttempt>();
  #acknowledged = 0;

  begin(content: Pick<PublishAttempt, 'key' | 'channel' | 'type'> & { readonly filling: string }): PublishAttempt {
    const { key, channel, type, filling } = content;
    const publication = { key, channel, type, data: `${key} ${filling}`, firstTriedAtMs: Date.now() };
    this.#publications.set(key, publication);
    return publication;
  }

  acknowledge(publication: PublishAttempt, id: string): void {
    publication.acknowledged = { id, atMs: Date.now() };
    this.#acknowledged += 1;
  }

  accept(publication: PublishAttempt): void {
    publication.acceptedAtMs = Date.now();
    this.#acknowledged += 1;
  }

  get publications(): readonly PublishAttempt[] {
    return [...this.#publications.values()];
  }

  /** Acknowledged, or accepted where there is no more to be had. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  find(key: string): PublishAttempt | undefined {
    return this.#publications.get(key);
  }
}

/** The key of the publication that an event's data belongs to. */
export function keyOf(data: string): string {
  return data.slice(0, data.indexOf(' '));
}
