import { median } from '../../shared/median.ts';
import { figureOrNone, ratioText } from '../../shared/report/format.ts';
import { formatTable } from '../../shared/report/text.ts';
import type { BusResult } from './measure.ts';
import type { ReaderName } from './task-program.ts';

/** Events of a publication. */
export const BATCHES = [1, 10, 100] as const;

/** Before and after. */
export const READER_NAMES: readonly ReaderName[] = ['two receivers', 'by load'];

/** One result for each size of a batch and, in turn, for each reader. */
export type Round = readonly BusResult[];

/** Goal of the project: events a second of publications of ten, on one core. */
const GOAL = { batch: 10, eventsPerSecond: 5_000, cores: 1 } as const;

const COLUMNS = [
  'events of a publication, reader',
  'events/s',
  'against two receivers',
  'notifications/s',
  'calls each',
  'log reads each',
  'task cores',
  'CPU µs an event',
  'bench cores',
  'wrong',
];

/** A table with the medians of all rounds, and whether the goal was reached. */
export function reportOf(rounds: readonly Round[]): string {
  const rows = BATCHES.flatMap((batch, at) =>
    READER_NAMES.map((reader, index) => {
      const own = rounds.flatMap((results) => results[at * READER_NAMES.length + index] ?? []);
      const first = rounds.flatMap((results) => results[at * READER_NAMES.length] ?? []);
      const middle = (value: (result: BusResult) => number) => median(own.map(value));
      // Of the same round: figures drift from minute to minute, ratios much less.
      const ratios = own.map(({ eventsPerSecond }, round) => eventsPerSecond / (first[round]?.eventsPerSecond ?? Number.NaN));
      return {
        batch,
        eventsPerSecond: middle((result) => result.eventsPerSecond) ?? Number.NaN,
        cores: middle((result) => result.taskCores) ?? Number.NaN,
        cells: [
          `${batch}, ${reader}`,
          figureOrNone(middle((result) => result.eventsPerSecond)),
          ratioText(median(ratios)),
          figureOrNone(middle((result) => result.notificationsPerSecond)),
          figureOrNone(middle((result) => result.callsPerNotification)),
          figureOrNone(middle((result) => result.readsPerNotification)),
          figureOrNone(middle((result) => result.taskCores)),
          figureOrNone(middle((result) => (result.taskCores * 1e6) / result.eventsPerSecond)),
          figureOrNone(middle((result) => result.benchCores)),
          String(own.reduce((sum, { wrong }) => sum + wrong, 0)),
        ],
      };
    }),
  );
  const table = formatTable({ columns: COLUMNS, rows: rows.map(({ cells }) => cells) });
  const ours = rows.findLast(({ batch }) => batch === GOAL.batch);
  const reached = ours !== undefined && ours.eventsPerSecond >= GOAL.eventsPerSecond && ours.cores <= GOAL.cores;
  return `${table}\n\n${GOAL.eventsPerSecond.toLocaleString('en')} events a second in batches of ${GOAL.batch}, on one core: ${reached ? 'reached' : 'NOT reached'}.`;
}
