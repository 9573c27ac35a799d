import type { Journal } from './journal.ts';
import { judgeJournal } from './judge.ts';
import { keyOf, type Ledger, type PublishAttempt } from './ledger.ts';
import { parseId } from './position.ts';
import type { KnownEvent, Violation } from './violation.ts';

export interface CheckOptions {
  /** An event younger than this can be resumed at: the retention, less what the service keeps clear of its end. */
  readonly resumableForMs: number;
  /** For so long a key is remembered: who tries again later publishes anew. */
  readonly keysLastMs: number;
  /** Keys of accepted events that an operator finds in a dead-letter queue. */
  readonly deadLetters?: ReadonlySet<string>;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly deliveries: number;
  /** Repeats that are allowed. */
  readonly repeats: number;
  readonly resets: number;
  /** Events that subscribers still lack; part of the violations as `lost`. */
  readonly missing: number;
  /** The longest that a subscriber who was there waited for an acknowledged event. */
  readonly longestWait: { readonly ms: number; readonly id: string; readonly journal?: Journal };
}

/** Events of every channel by id, from what was acknowledged and what was seen. */
export function knownEvents(ledger: Ledger, journals: readonly Journal[]): ReadonlyMap<string, ReadonlyMap<string, KnownEvent>> {
  const channels = new Map<string, Map<string, KnownEvent>>();
  const note = (channel: string, id: string, publication: PublishAttempt | undefined, atMs: number) => {
    const known = channels.get(channel) ?? new Map<string, KnownEvent>();
    channels.set(channel, known);
    const noted = known.get(id);
    if (noted !== undefined) return void known.set(id, { ...noted, firstSeenAtMs: Math.min(noted.firstSeenAtMs, atMs) });
    const acknowledged = publication?.acknowledged;
    const acknowledgedAtMs = acknowledged?.id === id ? acknowledged.atMs : Number.POSITIVE_INFINITY;
    known.set(id, { id, ...parseId(id), publication, acknowledgedAtMs, firstSeenAtMs: atMs });
  };
  for (const publication of ledger.publications) {
    const { channel, acknowledged } = publication;
    if (acknowledged !== undefined) note(channel, acknowledged.id, publication, acknowledged.atMs);
  }
  for (const { channel, entries } of journals) {
    for (const entry of entries) if (entry.kind === 'event') note(channel, entry.id, ledger.find(keyOf(entry.data)), entry.atMs);
  }
  return channels;
}

/** Judges every journal against what was published. */
export function check(ledger: Ledger, journals: readonly Journal[], options: CheckOptions): Verdict {
  const known = knownEvents(ledger, journals);
  const violations: Violation[] = [
    ...republished(known, options.keysLastMs),
    ...neverPublished(ledger, known, options.deadLetters ?? new Set()),
  ];
  let [deliveries, repeats, resets, missing] = [0, 0, 0, 0];
  let longestWait: Verdict['longestWait'] = { ms: 0, id: '' };
  for (const journal of journals) {
    const judgement = judgeJournal(journal, known.get(journal.channel) ?? new Map(), options.resumableForMs);
    violations.push(...judgement.violations);
    deliveries += journal.deliveries;
    repeats += judgement.repeats;
    resets += judgement.resets;
    missing += judgement.missing;
    if (judgement.longestWait.ms > longestWait.ms) longestWait = { ...judgement.longestWait, journal };
  }
  return { violations, deliveries, repeats, resets, missing, longestWait };
}

/** One key, one event: however often it was tried, as long as the key is remembered. */
function republished(known: ReadonlyMap<string, ReadonlyMap<string, KnownEvent>>, keysLastMs: number): Violation[] {
  const events = [...known].flatMap(([channel, byId]) => [...byId.values()].map((event) => ({ channel, ...event })));
  const byKey = Map.groupBy(events, ({ publication }) => publication?.key);
  return [...byKey].flatMap(([key, all]) => {
    const [first] = all;
    if (key === undefined || first === undefined || all.length === 1) return [];
    const { firstTriedAtMs = 0, acknowledged } = first.publication ?? {};
    // What was accepted for later is tried by AWS, which tells nobody when: again until the last of its events came, at the latest.
    const lastTriedAtMs = acknowledged?.atMs ?? Math.max(...all.map(({ firstSeenAtMs }) => firstSeenAtMs));
    const doubtMs = lastTriedAtMs - firstTriedAtMs;
    if (doubtMs >= keysLastMs) return [];
    const places = all.map(({ channel, id }) => `${channel} ${id}`).join(', ');
    return [{ kind: 'republished', id: first.id, detail: `key ${key} has ${all.length} events: ${places}; in doubt for ${doubtMs} ms` }];
  });
}

/** Events that were accepted for later have to turn up, or to be put aside where an operator finds them. */
function neverPublished(
  ledger: Ledger,
  known: ReadonlyMap<string, ReadonlyMap<string, KnownEvent>>,
  deadLetters: ReadonlySet<string>,
): Violation[] {
  const seen = new Set([...known.values()].flatMap((events) => [...events.values()].map(({ publication }) => publication?.key)));
  return ledger.publications
    .filter(({ key, acceptedAtMs }) => acceptedAtMs !== undefined && !seen.has(key) && !deadLetters.has(key))
    .map(({ key, channel }) => ({
      kind: 'lost',
      id: key,
      detail: `${key} of ${channel} was accepted, but neither published nor put aside`,
    }));
}
