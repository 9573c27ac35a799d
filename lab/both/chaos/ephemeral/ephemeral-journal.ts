import { isEphemeralNotification, readEphemeralNotification } from '../../../../backbone/domain/ephemeral-event.ts';

/** Which process published an event, and as which of its events: 1, 2, 3 … */
export interface Stamp {
  readonly source: string;
  readonly count: number;
}

/** Of every event that is published. */
export const TYPE = 'cursor';

/** What was published on the ephemeral channel, by its data, which no two events share. */
export class EphemeralLedger {
  answered = 0;
  readonly #stamps = new Map<string, Stamp | undefined>();

  get published(): number {
    return this.#stamps.size;
  }

  begin(data: string): void {
    this.#stamps.set(data, undefined);
  }

  /** Takes the stamp of an event from its notification: readers do not get it. Skips what is about other channels. */
  notified(body: string): void {
    const fields = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (!isEphemeralNotification(fields)) return;
    const { data, source, count } = readEphemeralNotification(fields);
    if (this.has(data)) this.#stamps.set(data, { source, count });
  }

  has(data: string): boolean {
    return this.#stamps.has(data);
  }

  stampOf(data: string): Stamp | undefined {
    return this.#stamps.get(data);
  }
}

/**
 * `stream`: what one task sends on one stream comes once, and in the order of each publishing process. `client`: an event may come
 * again, over another task or by a function of the WebSocket lane.
 */
export type Promised = 'stream' | 'client';

/** What one reader saw of an ephemeral channel, and what it did not like. */
export class EphemeralJournal {
  readonly reader: string;
  readonly complaints: string[] = [];
  deliveries = 0;
  readonly #promised: Promised;
  readonly #ledger: EphemeralLedger;
  /** On the stream that is open: the newest event of each process. */
  readonly #newest = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(reader: string, promised: Promised, ledger: EphemeralLedger) {
    this.reader = reader;
    this.#promised = promised;
    this.#ledger = ledger;
  }

  /** A new stream has opened, on whichever task. */
  begin(): void {
    this.#newest.clear();
  }

  take({ type, data }: { readonly type: string; readonly data: string }): void {
    this.deliveries += 1;
    this.#seen.add(data);
    if (type !== TYPE || !this.#ledger.has(data)) this.#complain(data, 'nobody published');
    const stamp = this.#ledger.stampOf(data);
    if (this.#promised === 'client' || stamp === undefined) return;
    const { source, count } = stamp;
    const newest = this.#newest.get(source) ?? 0;
    if (count === newest) this.#complain(data, 'came twice on one stream');
    if (count < newest) this.#complain(data, `came after event ${newest} of the same process, and is its event ${count}`);
    this.#newest.set(source, Math.max(newest, count));
  }

  /** Whether any of these events has come. */
  hasAny(events: readonly string[]): boolean {
    return events.some((data) => this.#seen.has(data));
  }

  #complain(data: string, what: string): void {
    this.complaints.push(`${this.reader}: "${data.slice(0, 40)}" ${what}`);
  }
}

/**
 * What is wrong by now: whatever readers complain of, and, of the events that an entrance was given since the faults are over, that none
 * was answered, or that none has come to a reader.
 */
export function judgeEphemeral(
  journals: readonly EphemeralJournal[],
  entrances: readonly { readonly name: string; readonly isAnswered: boolean; readonly events: readonly string[] }[],
): readonly string[] {
  return [
    ...journals.flatMap(({ complaints }) => complaints),
    ...entrances.flatMap(({ name, isAnswered, events }) => [
      ...(isAnswered ? [] : [`no ephemeral event by ${name} was answered since the faults are over`]),
      ...journals
        .filter((journal) => !journal.hasAny(events))
        .map(({ reader }) => `${reader}: no ephemeral event by ${name} has come since the faults are over`),
    ]),
  ];
}
