import { GOAL_COLUMNS, goalRow } from './format.ts';
import type { Section, Table } from './section.ts';

/** A section for a terminal. Plots are left to the HTML report. */
export function formatSection({ title, prose, goals, tables }: Section): string {
  const goalTable: Table = { caption: 'Goals', columns: GOAL_COLUMNS, rows: goals.map(goalRow) };
  return [
    `## ${title}`,
    ...prose,
    ...[...(goals.length > 0 ? [goalTable] : []), ...tables].map((table) => `${table.caption}\n${formatTable(table)}`),
  ].join('\n\n');
}

/** Columns side by side: the first to the left, the figures to the right. */
export function formatTable({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, index) => (index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [line(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
