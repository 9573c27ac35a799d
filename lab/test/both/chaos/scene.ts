import { type CheckOptions, check, type Verdict } from '../../../both/chaos/checker.ts';
import { type Delivery, type Entry, Journal } from '../../../both/chaos/journal.ts';
import { Ledger } from '../../../both/chaos/ledger.ts';

export const CHANNEL = 'c';
export const RESUMABLE_FOR_MS = 60_000;
export const KEYS_LAST_MS = 75_000;

/** The moment at which a scene begins; times in scenes are seconds after it. */
const ZERO_MS = 1_000_000;

export const at = (seconds: number) => ZERO_MS + seconds * 1_000;

/** What was published, and journals to be judged against it. */
export class Scene {
  readonly ledger = new Ledger();
  readonly journals: Journal[] = [];
  readonly #dataOf = new Map<string, string>();

  /** Acknowledges events 1 to `count` of epoch `e`, the n-th tried at second n and acknowledged half a second later. */
  publish(count: number): this {
    for (let seq = 1; seq <= count; seq++) this.publishAt(seq, `e.${seq}`);
    return this;
  }

  publishAt(seconds: number, id: string, key = `key-${id}`): this {
    const publication = this.ledger.begin({ key, channel: CHANNEL, type: 'message', filling: 'x' });
    this.#dataOf.set(id, publication.data);
    this.ledger.acknowledge(publication, id);
    Object.assign(publication, { firstTriedAtMs: at(seconds), acknowledged: { id, atMs: at(seconds + 0.5) } });
    return this;
  }

  accept(key: string): this {
    this.ledger.accept(this.ledger.begin({ key, channel: CHANNEL, type: 'message', filling: 'x' }));
    return this;
  }

  subscriber(promised: Delivery, ...entries: readonly Entry[]): this {
    const journal = new Journal('someone', CHANNEL, promised);
    journal.entries.push(...entries);
    this.journals.push(journal);
    return this;
  }

  /** A delivery of an event that was published. */
  event(id: string, seconds: number): Entry {
    return { kind: 'event', atMs: at(seconds), id, type: 'message', data: this.#dataOf.get(id) ?? `key-${id} x` };
  }

  events(seconds: number, ...seqs: readonly number[]): readonly Entry[] {
    return seqs.map((seq) => this.event(`e.${seq}`, seconds));
  }

  judge(options: Partial<CheckOptions> = {}): Verdict {
    return check(this.ledger, this.journals, { resumableForMs: RESUMABLE_FOR_MS, keysLastMs: KEYS_LAST_MS, ...options });
  }

  /** The violations, as kind and id. */
  found(options: Partial<CheckOptions> = {}): readonly string[] {
    return this.judge(options).violations.map(({ kind, id }) => `${kind} ${id}`);
  }
}

export const start = (seconds: number, id?: string): Entry => ({ kind: 'start', atMs: at(seconds), id });
export const reset = (seconds: number, id?: string): Entry => ({ kind: 'reset', atMs: at(seconds), reason: 'expired', id });
export const left = (seconds: number): Entry => ({ kind: 'left', atMs: at(seconds) });
export const back = (seconds: number): Entry => ({ kind: 'back', atMs: at(seconds) });
