import type { Entry, Journal, Reset } from './journal.ts';
import { parseId } from './position.ts';
import type { KnownEvent, Violation, ViolationKind } from './violation.ts';

/** Items expire by the second, and an acknowledgement takes its time. */
const EXPIRY_MARGIN_MS = 2_000;

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly repeats: number;
  readonly resets: number;
  /** Events that were still missing at the end. */
  readonly missing: number;
  readonly longestWait: { readonly ms: number; readonly id: string };
}

/** A stretch of a journal within which nothing may be missing: from a start or a reset to the next one. */
interface Stretch {
  /** Where it begins: by position where that is known, and by time. */
  readonly from: { readonly epoch: string; readonly seq: number } | undefined;
  readonly fromMs: number;
  epoch: string | undefined;
  /** In order: the last that came. At least once: the start, since what came says nothing about what is missing below it. */
  lastSeq: number | undefined;
}

/** Judges what one subscriber saw of one channel. */
export function judgeJournal(journal: Journal, known: ReadonlyMap<string, KnownEvent>, resumableForMs: number): Judgement {
  return new Judge(journal, known, resumableForMs).run();
}

/** The epoch of `0.0`, the cursor of a channel that was never used. */
const BEFORE_ALL = '0';

class Judge {
  readonly #journal: Journal;
  readonly #known: ReadonlyMap<string, KnownEvent>;
  readonly #resumableForMs: number;
  readonly #bySeq: ReadonlyMap<string, readonly KnownEvent[]>;
  readonly #violations: Violation[] = [];
  /** All that ever came, to tell late from lost. */
  readonly #everCame: ReadonlySet<string>;
  readonly #came = new Set<string>();
  readonly #blamed = new Set<string>();
  #stretch: Stretch = { from: undefined, fromMs: Number.POSITIVE_INFINITY, epoch: undefined, lastSeq: undefined };
  #joinedAtMs = Number.POSITIVE_INFINITY;
  #repeats = 0;
  #resets = 0;
  #longestWait = { ms: 0, id: '' };

  constructor(journal: Journal, known: ReadonlyMap<string, KnownEvent>, resumableForMs: number) {
    this.#journal = journal;
    this.#known = known;
    this.#resumableForMs = resumableForMs;
    this.#bySeq = Map.groupBy(
      [...known.values()].sort((a, b) => a.seq - b.seq),
      ({ epoch }) => epoch,
    );
    this.#everCame = new Set(journal.entries.flatMap((entry) => (entry.kind === 'event' ? [entry.id] : [])));
  }

  run(): Judgement {
    let away = false;
    for (const entry of this.#journal.entries) {
      this.#take(entry);
      if (entry.kind === 'left' || entry.kind === 'back') away = entry.kind === 'left';
    }
    // Who is away gets what is missing when it comes back.
    const missing = away ? [] : this.#missing(Number.POSITIVE_INFINITY);
    this.#blame(missing, 'lost', () => 'it never came');
    return {
      violations: this.#violations,
      repeats: this.#repeats,
      resets: this.#resets,
      missing: missing.length,
      longestWait: this.#longestWait,
    };
  }

  #take(entry: Entry): void {
    switch (entry.kind) {
      case 'start':
        this.#joinedAtMs = entry.atMs;
        this.#begin(entry.id, entry.atMs);
        return;
      case 'back':
        this.#joinedAtMs = entry.atMs;
        return;
      case 'left':
      case 'note':
        return;
      case 'reset':
        this.#takeReset(entry);
        return;
      case 'event':
        this.#takeEvent(entry);
        return;
    }
  }

  #begin(id: string | undefined, fromMs: number): void {
    const from = id === undefined ? undefined : parseId(id);
    // Before a channel's first epoch, all that whichever begins has is promised.
    this.#stretch = { from, fromMs, epoch: from?.epoch === BEFORE_ALL ? undefined : from?.epoch, lastSeq: from?.seq };
  }

  /** A reset may skip what has expired, and all that lies between it and the new baseline. With nothing expired it skips in vain. */
  #takeReset({ atMs, reason, id, after }: Reset): void {
    this.#resets += 1;
    const skipped = this.#missing(atMs);
    const behind = after === undefined ? skipped : this.#behind(after);
    const expired = behind.some((event) => this.#mayHaveExpired(event, atMs));
    if (!expired) this.#blame(skipped, 'lost', () => `a reset (${reason}) skipped it, though nothing had expired`);
    this.#begin(id, atMs);
  }

  #takeEvent({ atMs, id, type, data }: Entry & { readonly kind: 'event' }): void {
    const { epoch, seq } = parseId(id);
    const event = this.#known.get(id);
    if (event?.publication?.data !== data || event.publication.type !== type)
      this.#accuse('altered', id, `came as ${type}: ${data.slice(0, 60)}`);
    if (this.#came.has(id)) {
      this.#repeats += 1;
      if (this.#journal.promised === 'inOrder') this.#accuse('doubled', id, 'came again');
      return;
    }
    this.#came.add(id);
    this.#measureWait(event, atMs);
    if (this.#stretch.epoch !== undefined && this.#stretch.epoch !== epoch) {
      this.#accuse('unannounced', id, `epoch ${this.#stretch.epoch} ended without a reset`);
      this.#begin(undefined, atMs);
    }
    this.#stretch.epoch = epoch;
    if (this.#journal.promised === 'atLeastOnce') return;
    this.#takeInOrder(id, epoch, seq, atMs);
    this.#stretch.lastSeq = Math.max(seq, this.#stretch.lastSeq ?? 0);
  }

  #takeInOrder(id: string, epoch: string, seq: number, atMs: number): void {
    const { lastSeq } = this.#stretch;
    if (lastSeq !== undefined && seq <= lastSeq) this.#accuse('outOfOrder', id, `came after seq ${lastSeq}`);
    if (lastSeq !== undefined && seq <= lastSeq + 1) return;
    const skipped = this.#missing(Number.POSITIVE_INFINITY).filter((other) => other.epoch === epoch && other.seq < seq);
    this.#blame(
      // What comes later is accused as out of order then.
      skipped.filter((other) => !this.#everCame.has(other.id)),
      (other) => (this.#mayHaveExpired(other, atMs) ? 'unannounced' : 'lost'),
      () => `${id} came in its place`,
    );
  }

  /** What exists, was promised in this stretch, was acknowledged before `beforeMs` and has not come. */
  #missing(beforeMs: number): readonly KnownEvent[] {
    const { from, fromMs, epoch, lastSeq } = this.#stretch;
    const candidates = epoch === undefined ? [...this.#known.values()] : (this.#bySeq.get(epoch) ?? []);
    return candidates.filter(({ id, seq, publication, acknowledgedAtMs }) => {
      if (this.#came.has(id)) return false;
      if (beforeMs !== Number.POSITIVE_INFINITY && acknowledgedAtMs > beforeMs) return false;
      // A publication that was under way when the baseline was fixed may lie on either side of it: then the place decides.
      const promisedByTime = publication !== undefined && publication.firstTriedAtMs > fromMs;
      const promisedByPlace = from === undefined ? lastSeq !== undefined && seq > lastSeq : seq > from.seq;
      return (promisedByTime || promisedByPlace) && !this.#blamed.has(id);
    });
  }

  #behind(id: string): readonly KnownEvent[] {
    const { epoch, seq } = parseId(id);
    const events = epoch === BEFORE_ALL ? [...this.#known.values()] : (this.#bySeq.get(epoch) ?? []);
    return events.filter((event) => event.seq > seq);
  }

  #mayHaveExpired({ publication }: KnownEvent, atMs: number): boolean {
    return publication !== undefined && atMs - publication.firstTriedAtMs >= this.#resumableForMs - EXPIRY_MARGIN_MS;
  }

  #measureWait(event: KnownEvent | undefined, atMs: number): void {
    const ms = atMs - Math.max(event?.acknowledgedAtMs ?? Number.POSITIVE_INFINITY, this.#joinedAtMs);
    if (Number.isFinite(ms) && ms > this.#longestWait.ms) this.#longestWait = { ms, id: event?.id ?? '' };
  }

  #blame(events: readonly KnownEvent[], kind: ViolationKind | ((event: KnownEvent) => ViolationKind), why: () => string): void {
    for (const event of events) {
      this.#blamed.add(event.id);
      this.#accuse(typeof kind === 'string' ? kind : kind(event), event.id, `${event.publication?.key ?? 'unknown key'}: ${why()}`);
    }
  }

  #accuse(kind: ViolationKind, id: string, detail: string): void {
    this.#violations.push({ kind, journal: this.#journal, id, detail });
  }
}
