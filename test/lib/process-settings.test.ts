import { expect, test } from '@jest/globals';
import { publishSettings, readSettings } from '../../backbone/settings.ts';
import { ProcessSettings } from '../../lib/process-settings.ts';

function collect() {
  const environment: Record<string, string> = {};
  const settings = new ProcessSettings({ addEnvironment: (key, value) => (environment[key] = value) });
  return { environment, settings };
}

test('settings that several constructs add are in one variable, with their defaults, and others are left out', () => {
  const { environment, settings } = collect();
  const stage = { gapGraceMs: 7_000, retentionHours: 24 };
  settings.add(readSettings, stage);
  settings.add(publishSettings, {});
  expect(environment).toEqual({ LANES_SETTINGS: '{"gapGraceMs":7000,"publishTimeoutMs":2000}' });
});

test('a process to which nothing is added has no variable', () => {
  expect(collect().environment).toEqual({});
});

test('a value that the process would refuse is refused', () => {
  expect(() => collect().settings.add(readSettings, { gapGraceMs: 0 })).toThrow('a whole number from 1 to 600000');
});
