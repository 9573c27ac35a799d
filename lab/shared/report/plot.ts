import { escapeHtml } from './html-escape.ts';
import type { Plot, Point } from './section.ts';

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { top: 12, right: 190, bottom: 44, left: 72 };
const PLOT_RIGHT = WIDTH - MARGIN.right;
const PLOT_BOTTOM = HEIGHT - MARGIN.bottom;

/** Okabe and Ito's colours, which people with colour blindness can tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999'];

interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A line plot as an SVG element. A few lines of our own: plotting libraries need a DOM, or bring one. */
export function renderPlot({ title, xLabel, yLabel, xScale = 'linear', yScale = 'linear', series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return '';
  const x = axis(
    points.map((point) => point.x),
    xScale,
    MARGIN.left,
    PLOT_RIGHT,
  );
  const y = axis(
    points.map((point) => point.y),
    yScale,
    PLOT_BOTTOM,
    MARGIN.top,
  );
  const place = (point: Point) => `${x.place(point.x).toFixed(1)},${y.place(point.y).toFixed(1)}`;
  const lines = series.map(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const legendY = MARGIN.top + 12 + index * 20;
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${own.map(place).join(' ')}"/>`,
      ...own.map((point) => `<circle cx="${x.place(point.x).toFixed(1)}" cy="${y.place(point.y).toFixed(1)}" r="3.5" fill="${colour}"/>`),
      `<rect x="${PLOT_RIGHT + 14}" y="${legendY - 9}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${PLOT_RIGHT + 32}" y="${legendY + 1}">${escapeHtml(name)}</text>`,
    ].join('');
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    ...x.ticks.map((tick) => xTick(x.place(tick), tick)),
    ...y.ticks.map((tick) => yTick(y.place(tick), tick)),
    `<text x="${(MARGIN.left + PLOT_RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    `<text transform="translate(14 ${(MARGIN.top + PLOT_BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>`,
    ...lines,
    '</svg>',
  ].join('\n');
}

function xTick(x: number, value: number): string {
  return `<line class="grid" x1="${x}" x2="${x}" y1="${MARGIN.top}" y2="${PLOT_BOTTOM}"/><text x="${x}" y="${PLOT_BOTTOM + 16}" text-anchor="middle">${tickText(value)}</text>`;
}

function yTick(y: number, value: number): string {
  return `<line class="grid" x1="${MARGIN.left}" x2="${PLOT_RIGHT}" y1="${y}" y2="${y}"/><text x="${MARGIN.left - 6}" y="${y + 4}" text-anchor="end">${tickText(value)}</text>`;
}

function tickText(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** From the first to the last pixel; a logarithmic one shows 1, 2 and 5 of each decade. */
function axis(values: readonly number[], scale: 'linear' | 'log', first: number, last: number): Axis {
  const ticks = scale === 'log' ? logTicks(values.filter((value) => value > 0)) : linearTicks(Math.max(...values, 0));
  const of = scale === 'log' ? (value: number) => Math.log10(Math.max(value, Number.MIN_VALUE)) : (value: number) => value;
  const low = of(ticks[0] ?? 0);
  const high = of(ticks.at(-1) ?? 1);
  return { ticks, place: (value) => first + ((of(value) - low) / (high - low || 1)) * (last - first) };
}

function linearTicks(highest: number): readonly number[] {
  const rough = highest / 5 || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough) ?? rough;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
}

function logTicks(values: readonly number[]): readonly number[] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const candidates = Array.from({ length: 25 }, (_, index) => index - 6).flatMap((decade) =>
    [1, 2, 5].map((factor) => factor * 10 ** decade),
  );
  const from = candidates.findLastIndex((candidate) => candidate <= low);
  const to = candidates.findIndex((candidate) => candidate >= high);
  return candidates.slice(Math.max(0, from), to < 0 ? undefined : to + 1);
}
