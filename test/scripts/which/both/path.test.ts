import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CAPACITY } from '../../../../packages/planner/src/data/capacity.ts';
import { renderPath } from '../../../../scripts/which/path.ts';

const rows = renderPath().split('\n').slice(2);

const rowThatTakes = (answer: string): string => {
  const row = rows.find((candidate) => candidate.split(' | ')[1]?.startsWith(answer));
  if (row === undefined) throw new Error(`no row takes ${answer}`);
  return row;
};

test('one event a second to 10,000 costs what docs/cost.md says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/cost.md'), 'utf8');
  const section = page.split('one event a second of 200 bytes to all of them')[1] ?? '';
  const usd = (lane: string) => new RegExp(`\\| ${lane} \\| ([\\d,]+) \\|`).exec(section)?.[1];
  expect(rowThatTakes('**SSE lane**')).toContain(`costs ${usd('SSE lane')} USD, and ${usd('WebSocket lane')} USD on the WebSocket lane`);
});

test('the limit of a task comes with its range, and before what it would overrule', () => {
  const { value, range, confidence } = CAPACITY.notificationsPerTask;
  const [number, low, high] = [value, ...range].map((each) => each.toLocaleString('en-US'));
  const row = rowThatTakes('**not the SSE lane as it is**');
  expect(row).toContain(`${number} a second, ${confidence}, ${low} to ${high}`);
  expect(rows.indexOf(row)).toBeLessThan(rows.indexOf(rowThatTakes('**WebSocket lane**')));
});

test('the WebSocket lane is taken for its price up to numbers that the row names', () => {
  expect(rowThatTakes('**WebSocket lane**')).toMatch(
    /to 100 readers at most [\d,]+ events an hour, or next to nothing to at most [\d,]+ clients/,
  );
});
