import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { METRICS } from '../../../backbone/contract.ts';
import { LaneDashboard } from '../../../lib/observability/lane-dashboard.ts';
import { LANES, type Stage, settingsOf } from '../../../lib/stage.ts';
import { anchorsOf } from '../../../scripts/markdown.ts';
import { dev } from '../fixed-stages.ts';
import { laneProps, ROOT } from '../harness.ts';

let backbone: Template;
let lanes: readonly Template[];
let withFew: readonly Template[];

beforeAll(() => {
  [backbone, ...lanes] = synthesize(dev);
  withFew = synthesize({ ...dev, alarms: 'few' });
});

/** The backbone with its dashboard, and the lanes. */
function synthesize(stage: Stage): [backbone: Template, ...lanes: Template[]] {
  const { app, settings: _, ...props } = laneProps(stage, {});
  const stacks = LANES.map((lane) => lane.addTo(app, `Lane${lane.name}`, { ...props, settings: settingsOf(stage, lane) }));
  const shared = Stack.of(props.backbone);
  new LaneDashboard(shared, 'Dashboard', stacks);
  return [Template.fromStack(shared), ...stacks.map((stack) => Template.fromStack(stack))];
}

function dashboard(): string {
  const [only] = Object.values(backbone.findResources('AWS::CloudWatch::Dashboard'));
  return JSON.stringify(only?.['Properties'].DashboardBody).replaceAll('\\', '');
}

test.each(Object.values(METRICS))('the dashboard shows %s of every lane', (name) => {
  for (const { name: lane } of LANES) {
    expect(dashboard()).toContain(`"RealtimeLanes","${name}","lane","${lane}","stack","Lane${lane}"`);
  }
});

function alarms(templates = [backbone, ...lanes]): readonly Record<string, string>[] {
  return templates.flatMap((template) =>
    Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties),
  );
}

test('every alarm links to a heading of a page of the docs', () => {
  const links = alarms().map(({ AlarmDescription = '' }) => / Runbook: (docs\/\S+)$/.exec(AlarmDescription)?.[1]);
  expect(links.length).toBeGreaterThan(5);
  const leadsNowhere = (link: string | undefined) => {
    const [page = '', anchor = ''] = link?.split('#') ?? [];
    return !existsSync(join(ROOT, page)) || !page.endsWith('.md') || !anchorsOf(readFileSync(join(ROOT, page), 'utf8')).has(anchor);
  };
  expect(links.filter(leadsNowhere)).toEqual([]);
});

test.each([
  'dead-letters',
  'unexpected-errors',
  'delivery-latency',
  'throttles-429',
  'dynamodb-throttles',
  'lambda-errors',
  'lambda-throttles',
])('there is an alarm for %s', (runbook) => {
  expect(alarms().some(({ AlarmDescription }) => AlarmDescription?.endsWith(`#${runbook}`))).toBe(true);
});

test('few alarms are those on what failed, waits or was left behind: none on load, functions and tables', () => {
  const runbooks = (templates?: Template[]) => alarms(templates).map(({ AlarmDescription }) => AlarmDescription?.split('#')[1] ?? '');
  const few = new Set(runbooks([...withFew]));
  expect([...few].filter((runbook) => !['dead-letters', 'unexpected-errors', 'orphans', 'queue-age'].includes(runbook))).toEqual([]);
  expect(few).toContain('dead-letters');
  expect(runbooks([...withFew]).filter((runbook) => runbook === 'unexpected-errors')).toHaveLength(LANES.length);
  const deadLetters = (each: readonly string[]) => each.filter((runbook) => runbook === 'dead-letters').length;
  expect(deadLetters(runbooks([...withFew]))).toBe(deadLetters(runbooks()));
});
