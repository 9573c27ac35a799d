import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { OPTIONS } from '../src/options.ts';
import { PRESET_IDS } from '../src/workload.ts';

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
};

const refused = (...args: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], { encoding: 'utf8' });
  expect(status).toBeGreaterThan(0);
  return stderr;
};

test.each(['1e5', '10_000', '10,000', '10.5'])('connections are digits only: not %s', (text) => {
  expect(refused('--preset', 'chat', '--connections', text)).toContain('Give a whole number from 1 to 100000000, in digits only.');
});

test('other numbers may have a fraction, in digits only', () => {
  expect(run('--preset', 'chat', '--events-per-second', '0.5')).toContain('\n0.5 events a second');
  expect(refused('--preset', 'chat', '--events-per-second', '1e5')).toContain(
    'Give a number from 0 to 10000000, in digits only, such as 10000.',
  );
});

test('a range takes digits only, and values that make no sense with the others are named', () => {
  expect(refused('--preset', 'chat', '--vary', 'fanOut=1e1..1e5')).toContain('in digits only, such as connections=100..10000000');
  const text = run('--preset', 'chat', '--vary', 'fanOut=10..100000', '--compare', `${OPTIONS[0]?.id}`);
  expect(text).toMatch(/^left out: [\d,; ]*100,000, where the average or the fan-out would be more than the connections at peak$/m);
});

test('lists the presets where none is named', () => {
  const list = run();
  for (const id of PRESET_IDS) expect(list).toContain(`\n${id} `);
});

test('ends with a recommendation', () => {
  expect(run('--preset', 'chat', '--connections', '10000', '--events-per-second', '1')).toMatch(
    /\n\n(Recommendation|Undecided): .*(\n {2}.*)+\n$/,
  );
});

test('prints all of its JSON into a pipe', () => {
  const { answers, recommendation } = JSON.parse(run('--preset', 'chat', '--json'));
  expect(answers).toHaveLength(OPTIONS.length);
  expect(recommendation.kind).toMatch(/^(recommended|undecided|none)$/);
});

test('compares the whole set, or those that are named', () => {
  const [first] = OPTIONS;
  expect(JSON.parse(run('--preset', 'chat', '--compare', '--json')).answers).toHaveLength(OPTIONS.length);
  const { answers, data } = JSON.parse(run('--preset', 'chat', '--compare', `${first?.id}`, '--json'));
  expect(answers.map(({ option }: { option: { id: string } }) => option.id)).toEqual([first?.id]);
  expect(data.days).toBeGreaterThanOrEqual(0);
});

test('varies an input from end to end, and says where two options change places, or that they do not', () => {
  const [a, b] = OPTIONS.map(({ id }) => id);
  const text = run('--preset', 'chat', '--vary', 'connections=100..100000', '--compare', `${a}`, `${b}`);
  expect(text).toMatch(/^ +100 /m);
  expect(text).toMatch(/^ *100,000 /m);
  expect(text).toMatch(/ is cheaper below |no break-even in this range/);
  expect(text).toContain('days old');
});
