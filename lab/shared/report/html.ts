import { GOAL_COLUMNS, goalRow } from './format.ts';
import { escapeHtml } from './html-escape.ts';
import { renderPlot } from './plot.ts';
import { isReached, type Section, type Table } from './section.ts';

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
  table { border-collapse: collapse; margin: 0 0 1.5rem; font-variant-numeric: tabular-nums; }
  caption { text-align: left; font-weight: 600; padding: .5rem 0; }
  th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: right; }
  th:first-child, td:first-child { text-align: left; }
  .scroll { overflow-x: auto; }
  .reached { color: #00664b; } .missed { color: #a33b00; font-weight: 600; }
  figure { margin: 0 0 1.5rem; } figcaption { font-weight: 600; }
  svg { width: 100%; max-width: 46rem; font: 12px system-ui, sans-serif; fill: #1a1a1a; }
  svg .grid { stroke: #e4e4e4; }`;

/** The report as one page that needs nothing else. */
export function renderReport(title: string, sections: readonly Section[]): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...sections.map(renderSection),
    '</body></html>\n',
  ].join('\n');
}

function renderSection({ title, prose, goals, tables, plots }: Section): string {
  return [
    `<section><h2>${escapeHtml(title)}</h2>`,
    ...prose.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(goals.length === 0
      ? []
      : [renderTable({ caption: 'Goals', columns: GOAL_COLUMNS, rows: goals.map(goalRow) }, goals.map(goalClass))]),
    ...plots.map((plot) => `<figure><figcaption>${escapeHtml(plot.title)}</figcaption>${renderPlot(plot)}</figure>`),
    ...tables.map((table) => renderTable(table)),
    '</section>',
  ].join('\n');
}

function goalClass(goal: Parameters<typeof isReached>[0]): string {
  const reached = isReached(goal);
  return reached === undefined ? '' : reached ? 'reached' : 'missed';
}

function renderTable({ caption, columns, rows }: Table, classes: readonly string[] = []): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]) => row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('');
  return [
    `<div class="scroll"><table><caption>${escapeHtml(caption)}</caption>`,
    `<thead><tr>${cells('th', columns)}</tr></thead><tbody>`,
    ...rows.map((row, index) => `<tr${classes[index] ? ` class="${classes[index]}"` : ''}>${cells('td', row)}</tr>`),
    '</tbody></table></div>',
  ].join('\n');
}
