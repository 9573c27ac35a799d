import type { ChaosResult } from './driver.ts';
import type { Entry, Journal } from './journal.ts';
import type { Leftovers } from './leftovers.ts';
import type { Violation, ViolationKind } from './violation.ts';

const VIOLATION_NAMES: Readonly<Record<ViolationKind, string>> = {
  lost: 'lost',
  doubled: 'doubled',
  outOfOrder: 'out of order',
  unannounced: 'skipped without a reset',
  altered: 'altered',
  republished: 'published twice for one key',
};

/** Everything that counts, as name and number, in the order of the table. `section` lines have no number. */
export function summarize(result: ChaosResult): readonly (readonly [name: string, value: string | number])[] {
  const { verdict, faults, latest, ephemeral, presence, left, leftBeforeSweeps } = result;
  const count = (kind: ViolationKind) => verdict.violations.filter((violation) => violation.kind === kind).length;
  const percent = (part: number, whole: number) => (whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`);
  const tampered = faults.sum('notification.');
  return [
    ['events published', result.published],
    ['events acknowledged', result.acknowledged],
    ['deliveries', verdict.deliveries],
    ['repeats where they are allowed', verdict.repeats],
    ['resets announced', verdict.resets],
    [
      'longest wait for an event',
      `${(verdict.longestWait.ms / 1_000).toFixed(1)} s (${verdict.longestWait.journal?.subscriber ?? 'nobody'})`,
    ],
    ['tasks killed or rolled', faults.get('task.killed') + faults.get('task.rolled')],
    ['  killed', faults.get('task.killed')],
    ['  killed with a full queue', faults.get('task.killedWithFullQueue')],
    ['  rolled', faults.get('task.rolled')],
    ['tasks stalled', faults.get('task.stalled')],
    ['events of a task lost', faults.get('taskEvent.lost')],
    ['connections cut', faults.sum('cut.')],
    ['  at the balancer', faults.get('cut.http')],
    ['  at the gateway', faults.get('cut.socket')],
    ['$disconnect lost', faults.get('disconnect.lost')],
    ['clients whose tokens expire', faults.get('token.short')],
    ['tokens renewed', faults.get('token.renewed')],
    ['notifications tampered with', `${tampered} of ${faults.get('notifications')} (${percent(tampered, faults.get('notifications'))})`],
    ['  dropped', faults.get('notification.drop')],
    ['  doubled', faults.get('notification.double')],
    ['  delayed', faults.get('notification.delay')],
    ['  reordered', faults.get('notification.reorder')],
    ['posts refused', `${faults.sum('post.')} of ${faults.get('posts')}`],
    ['  429', faults.get('post.throttle') + faults.get('post.stuck')],
    ['  5xx', faults.get('post.fail') + faults.get('post.failAfterSending')],
    ['posts to closed connections (410)', result.goneAnswers],
    ['database requests tampered with', `${faults.sum('database.')} of ${faults.get('database')}`],
    ['  throttled', faults.get('database.throttle')],
    ['  delayed', faults.get('database.delay')],
    ['  answers lost', faults.get('database.loseAnswer')],
    ['batches published', faults.get('publish.batches')],
    ['publications tried again', faults.get('publish.retried')],
    ['accepted events put aside', result.deadLetters],
    ...Object.entries(VIOLATION_NAMES).map(([kind, name]) => [name, count(kind as ViolationKind)] as const),
    ['newest values acknowledged', latest.acknowledged],
    ['newest values delivered', latest.deliveries],
    ['newest values wrong or older', latest.violations.length],
    ['ephemeral events published', ephemeral.published],
    ['ephemeral events answered', ephemeral.answered],
    ['ephemeral events delivered', ephemeral.deliveries],
    ['ephemeral events wrong or held up', ephemeral.violations.length],
    ['answers to who is present', presence.looks],
    ['  wrong', presence.violations.length],
    ['clients that gave up', result.problems.length],
    ['queues left behind', withSwept(left, leftBeforeSweeps, 'queues')],
    ['subscriptions of queues left behind', withSwept(left, leftBeforeSweeps, 'queueSubscriptions')],
    ['rows of connections left behind', withSwept(left, leftBeforeSweeps, 'connectionRows')],
    ['rows of subscriptions left behind', withSwept(left, leftBeforeSweeps, 'subscriptionRows')],
  ];
}

function withSwept(left: Leftovers, before: Leftovers, what: keyof Leftovers): string | number {
  return before[what].length === 0 ? left[what].length : `${left[what].length} (${before[what].length} were left to the sweeps)`;
}

/** Whether every promise was kept. */
export function isKept(result: ChaosResult): boolean {
  return (
    result.verdict.violations.length === 0 &&
    complaintsOf(result).length === 0 &&
    Object.values(result.left).every((names: readonly string[]) => names.length === 0)
  );
}

/** What is wrong besides the violations that the journals show. */
function complaintsOf({ latest, ephemeral, presence, problems }: ChaosResult): readonly string[] {
  return [...latest.violations, ...ephemeral.violations, ...presence.violations, ...problems];
}

/** The table, and the first few violations with what happened around them. */
export function formatReport(result: ChaosResult, maxDetails: number): string {
  const rows = summarize(result);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}${typeof value === 'number' ? value.toLocaleString('en-US') : value}`);
  const { violations, longestWait } = result.verdict;
  const details = violations.slice(0, maxDetails).map((violation) => describeViolation(violation));
  const omitted = violations.length - details.length;
  return [
    `seed ${result.options.seed}, ${(result.ranMs / 1_000).toFixed(0)} s`,
    '',
    ...lines,
    ...(longestWait.ms < SLOW_MS || longestWait.journal === undefined
      ? []
      : [`\nwaited longest for ${longestWait.id}:`, ...around(longestWait.journal, longestWait.id)]),
    ...complaintsOf(result)
      .slice(0, maxDetails)
      .map((complaint) => `\n${complaint}`),
    ...leftNames(result.left),
    ...details.map((text) => `\n${text}`),
    ...(omitted > 0 ? [`\n… and ${omitted} more violations`] : []),
    '',
    isKept(result) ? 'Every promise was kept.' : 'A PROMISE WAS BROKEN.',
  ].join('\n');
}

function leftNames(left: Leftovers): readonly string[] {
  return Object.entries(left).flatMap(([what, names]: [string, readonly string[]]) =>
    names.length === 0 ? [] : [`\n${what} left behind: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`],
  );
}

/** An event that takes so long under faults is worth a look, though no promise tells a time. */
const SLOW_MS = 20_000;

/** Entries of the journal shown before and after. */
const AROUND = 6;

function describeViolation({ kind, journal, id, detail }: Violation): string {
  const title = `${VIOLATION_NAMES[kind]}: ${id}${journal === undefined ? '' : ` of ${journal.channel}, ${journal.subscriber}`}: ${detail}`;
  return journal === undefined ? title : [title, ...around(journal, id)].join('\n');
}

/** What happened where the event came, or should have come. */
function around(journal: Journal, id: string): readonly string[] {
  const seq = Number(id.split('.')[1]);
  // The place of what came, else the first entry that lies behind it.
  const exact = journal.entries.findLastIndex((entry) => entry.kind === 'event' && entry.id === id);
  const behind = journal.entries.findIndex((entry) => entry.kind === 'event' && Number(entry.id.split('.')[1]) > seq);
  const at = exact >= 0 ? exact : behind >= 0 ? behind : journal.entries.length;
  return journal.entries.slice(Math.max(0, at - AROUND), at + AROUND).map((entry) => `    ${describeEntry(entry)}`);
}

function describeEntry(entry: Entry): string {
  const time = Number.isFinite(entry.atMs) ? new Date(entry.atMs).toISOString().slice(11, 23) : 'never';
  switch (entry.kind) {
    case 'event':
      return `${time} event ${entry.id} ${entry.data.slice(0, 24)}`;
    case 'reset':
      return `${time} reset ${entry.reason} ${entry.id ?? ''}`;
    case 'start':
      return `${time} start ${entry.id ?? ''}`;
    case 'note':
      return `${time} ${entry.text}`;
    default:
      return `${time} ${entry.kind}`;
  }
}
