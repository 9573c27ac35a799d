import { expect, test } from '@jest/globals';
import { isReport, renderReport } from '../../../scripts/verify-stage/report.ts';
import { ScenarioError } from '../../../scripts/verify-stage/scenario/step.ts';

const report = renderReport({
  stage: 'dev',
  at: new Date(0),
  against: 'AWS',
  commit: 'abc1234-dirty',
  stacks: [{ name: 'LanesDevBackbone', region: 'us-east-1', status: 'UPDATE_COMPLETE', changedAt: new Date(1) }],
  addresses: { HTTP: 'https://lanes.example.com' },
  outcomes: [
    { name: 'first', seconds: 1.24, kind: 'ok', seen: '3 events' },
    { name: 'second', seconds: 0, kind: 'failed', error: new ScenarioError('second: got "a|b"\nand more') },
    { name: 'third', seconds: 0, kind: 'not exercised', reason: 'there is one transport' },
  ],
});

test('begins with the result, and says against what', () => {
  expect(report).toContain('**1 ok, 1 failed, 1 not exercised**');
  expect(report).toContain('| against | AWS |');
  expect(report).toContain('| LanesDevBackbone | us-east-1 | UPDATE_COMPLETE | 1970-01-01T00:00:00.001Z |');
});

test('has a row for what was exercised, whatever an error is made of', () => {
  expect(report).toContain('| ok | first | 3 events | 1.2 |');
  expect(report).toContain('| failed | second | second: got "a\\|b" and more | 0.0 |');
});

test('says what was not exercised, and what never is', () => {
  const [, skipped = ''] = report.split('## Not exercised');
  expect(skipped).toContain('- third: there is one transport');
  expect(skipped).toContain('ends of tokens');
});

test('is known again, so that it may be replaced', () => {
  expect([isReport(report), isReport('# Notes\n')]).toEqual([true, false]);
});
