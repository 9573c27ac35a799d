import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
// Small, without dependencies, and it sets styles by script only: Observable Plot brings d3, and puts a style element into its SVG, which
// the policy of the page forbids.
import uPlot from 'uplot';
import { formatNumber, formatUsd } from '../../planner/src/format.ts';
import { NUMBERS } from '../../planner/src/workload.ts';
import type { Chart } from './chart.ts';

const HEIGHT = 340;

/** Room above the plot for the numbers of its vertical lines, in rows. */
const NUMBER_ROWS = 3;
const NUMBER_ROW_HEIGHT = 16;

/** Below it a log scale would show nothing but decades of nothing. */
const LEAST_USD = 0.01;

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Drawn on a canvas, which says nothing to screen readers: the same stands beside it in words and in a table. */
export function Plot({ chart }: { readonly chart: Chart }) {
  const host = useRef<HTMLDivElement>(null);
  const pointed = useSignal('');

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    pointed.value = '';
    const plot = new uPlot(
      optionsOf(chart, element, (place) => {
        pointed.value = place === undefined ? '' : pointedText(chart, place);
      }),
      dataOf(chart),
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => plot.redraw();
    dark.addEventListener('change', redraw);
    return () => {
      dark.removeEventListener('change', redraw);
      resized.disconnect();
      plot.destroy();
    };
  }, [chart, pointed]);

  return (
    <div aria-hidden="true">
      <div class="plot" ref={host} />
      <p class="pointed">{pointed.value || 'Point at the plot for its numbers.'}</p>
    </div>
  );
}

function pointedText({ along, values, lines }: Chart, place: number): string {
  const costs = lines.flatMap(({ label, usdPerMonth }) => {
    const usd = usdPerMonth[place];
    return usd === undefined ? [] : [`${label} ${formatUsd(usd)}`];
  });
  return `${formatNumber(values[place] ?? 0)} ${NUMBERS[along].unit}: ${costs.join(' · ')}`;
}

/** Two lines for each option: all of it, and the part where it fits. */
function dataOf({ values, lines }: Chart): uPlot.AlignedData {
  const shown = (usd: number | undefined) => (usd === undefined || usd < LEAST_USD ? null : usd);
  return [
    [...values],
    ...lines.flatMap(({ usdPerMonth, fits }) => [
      usdPerMonth.map(shown),
      usdPerMonth.map((usd, place) => (fits[place] ? shown(usd) : null)),
    ]),
  ];
}

function optionsOf(chart: Chart, element: HTMLElement, onPoint: (place: number | undefined) => void): uPlot.Options {
  const color = (name: string) => () => colorOf(element, name);
  const axis = { stroke: color('axis'), grid: { stroke: color('grid'), width: 1 }, ticks: { stroke: color('grid'), width: 1 } };
  const values = (_: uPlot, splits: readonly (number | null)[]) => splits.map((split) => (split === null ? '' : COMPACT.format(split)));
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [NUMBER_ROWS * NUMBER_ROW_HEIGHT + 4, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, points: { show: false } },
    scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
    axes: [
      { ...axis, values, label: NUMBERS[chart.along].unit, labelSize: 22 },
      { ...axis, values, label: 'USD a month', labelSize: 22, size: 48 },
    ],
    series: [
      {},
      ...chart.lines.flatMap(({ id }): readonly uPlot.Series[] => [
        { stroke: color(id), width: 1.25, dash: [4, 4], points: { show: false } },
        { stroke: color(id), width: 2.5, points: { show: false } },
      ]),
    ],
    hooks: {
      draw: [(plot) => drawVerticals(plot, chart, color('limit')(), color('axis')())],
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
    },
  };
}

/** Colors are in the style sheet, where they follow light and dark; a canvas needs them as they are. */
function colorOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('i');
  probe.className = `line-swatch ${name}`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function drawVerticals(plot: uPlot, { limits, current }: Chart, limitColor: string, currentColor: string): void {
  const { ctx, bbox } = plot;
  const rowHeight = NUMBER_ROW_HEIGHT * uPlot.pxRatio;
  const rowEnds = Array.from({ length: NUMBER_ROWS }, () => Number.NEGATIVE_INFINITY);
  const draw = (value: number, text: string, color: string, dash: readonly number[]) => {
    const x = Math.round(plot.valToPos(value, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    const half = ctx.measureText(text).width / 2 + 2 * uPlot.pxRatio;
    // The lowest row with room; where there is none, the highest.
    const free = rowEnds.findIndex((end) => x - half > end);
    const row = free < 0 ? NUMBER_ROWS - 1 : free;
    rowEnds[row] = x + half;
    const top = bbox.top - row * rowHeight;
    ctx.strokeStyle = color;
    ctx.fillStyle = color;
    ctx.setLineDash(dash.map((length) => length * uPlot.pxRatio));
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(text, x, top - 4 * uPlot.pxRatio);
  };

  ctx.save();
  ctx.lineWidth = uPlot.pxRatio;
  ctx.font = `600 ${12 * uPlot.pxRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  const verticals = [
    ...limits.map(({ value }, place) => ({ value, text: String(place + 1), color: limitColor, dash: [2, 3] })),
    { value: current, text: 'now', color: currentColor, dash: [] },
  ];
  for (const { value, text, color, dash } of verticals.toSorted((a, b) => a.value - b.value)) draw(value, text, color, dash);
  ctx.restore();
}
