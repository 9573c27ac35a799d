import { describe, expect, test } from '@jest/globals';
import { figure, goalRow, ratioText } from '../../../shared/report/format.ts';
import { renderReport } from '../../../shared/report/html.ts';
import { renderPlot } from '../../../shared/report/plot.ts';
import { type Goal, isReached, type Plot, type Section } from '../../../shared/report/section.ts';
import { formatSection, formatTable } from '../../../shared/report/text.ts';

const GOAL: Goal = { text: 'speed', bound: 'at least', target: 2, measured: 2.5 };

function sectionOf(changes: Partial<Section> = {}): Section {
  return { title: 'A & B', prose: ['How.'], goals: [], tables: [], plots: [], ...changes };
}

describe('figures', () => {
  test.each([
    [152_345, '152,000'],
    [1_234, '1,230'],
    [999.6, '1,000'],
    [45.67, '45.7'],
    [1.2345, '1.23'],
    [0.0123, '0.0123'],
    [0, '0.00'],
    [-20.06, '-20.1'],
    [Number.NaN, '–'],
  ])('%d is shown as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  test('no ratio is no number', () => {
    expect(ratioText(undefined)).toBe('–');
  });
});

describe('goals', () => {
  test('are reached at the target itself, whichever side it bounds', () => {
    expect(isReached({ ...GOAL, measured: 2 })).toBe(true);
    expect(isReached({ ...GOAL, bound: 'at most', measured: 2 })).toBe(true);
    expect(isReached({ ...GOAL, measured: 1.999 })).toBe(false);
    expect(isReached({ ...GOAL, bound: 'at most', measured: 2.001 })).toBe(false);
  });

  test('show what was asked beside what was measured', () => {
    expect(goalRow(GOAL)).toEqual(['speed', 'at least 2.00 x', '2.50 x', 'yes']);
    expect(goalRow({ ...GOAL, bound: 'at most', unit: 'B', note: 'why' })).toEqual(['speed (why)', 'at most 2.00 B', '2.50 B', 'NO']);
    expect(goalRow({ ...GOAL, measured: undefined }).slice(2)).toEqual(['not measured', '–']);
  });
});

test('a table lines up its columns, figures to the right', () => {
  expect(
    formatTable({
      columns: ['server', 'n'],
      rows: [
        ['a', '1,000'],
        ['bcd', '9'],
      ],
    }).split('\n'),
  ).toEqual(['server      n', '------  -----', 'a       1,000', 'bcd         9']);
});

test('a section as text has its prose, goals and tables', () => {
  const text = formatSection(sectionOf({ goals: [GOAL], tables: [{ caption: 'T', columns: ['c'], rows: [['r']] }] }));

  for (const part of ['## A & B', 'How.', 'speed', 'T\n']) expect(text).toContain(part);
});

test('the page escapes what it is given and marks goals that are missed', () => {
  const html = renderReport('x < y', [sectionOf({ goals: [{ ...GOAL, measured: 1 }], prose: ['<script>'] })]);

  expect(html).toContain('x &lt; y');
  expect(html).toContain('A &amp; B');
  expect(html).not.toContain('<script>');
  expect(html).toContain('<tr class="missed">');
});

describe('plots', () => {
  const PLOT: Plot = {
    title: 'p',
    xLabel: 'x',
    yLabel: 'y',
    xScale: 'log',
    series: [
      {
        name: 'one',
        points: [
          { x: 1, y: 5 },
          { x: 10, y: 10 },
          { x: 100, y: 20 },
        ],
      },
      { name: 'two', points: [{ x: 1, y: 1 }] },
    ],
  };

  /** The points of the first line. */
  function drawn(svg: string): readonly (readonly number[])[] {
    const points = /points="([^"]*)"/.exec(svg)?.[1] ?? '';
    return points.split(' ').map((pair) => pair.split(',').map(Number));
  }

  test('a logarithmic axis gives every decade the same width', () => {
    const [first, second, third] = drawn(renderPlot(PLOT)).map(([x]) => x ?? Number.NaN);

    expect((second ?? 0) - (first ?? 0)).toBeCloseTo((third ?? 0) - (second ?? 0), 0);
  });

  test('a larger value is higher up, in proportion on a linear axis', () => {
    const [five, ten, twenty] = drawn(renderPlot(PLOT)).map(([, y]) => y ?? Number.NaN);

    expect((ten ?? 0) - (twenty ?? 0)).toBeCloseTo(2 * ((five ?? 0) - (ten ?? 0)), 0);
  });

  test('the legend names every line', () => {
    expect(renderPlot(PLOT)).toMatch(/>one<[\s\S]*>two</);
  });

  test('nothing to show is nothing drawn', () => {
    expect(renderPlot({ ...PLOT, series: [] })).toBe('');
  });
});
