import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { METRICS } from '../../../backbone/contract.ts';
import { LaneDashboard } from '../../../lib/observability/lane-dashboard.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { anchorsOf } from '../../../scripts/markdown.ts';
import { dev } from '../fixed-stages.ts';
import { ROOT, testApp, testBackbone } from '../harness.ts';

let backbone: Template;
let lanes: readonly Template[];

beforeAll(() => {
  const app = testApp();
  const props = { env: { region: dev.region }, stage: dev, ...testBackbone(dev, app) };
  const stacks = [
    // lane: websocket
    new WebSocketStack(app, 'Websocket', props),
    // end lane
    // lane: sse
    new SseStack(app, 'Sse', props),
    // end lane
  ];
  const shared = Stack.of(props.backbone);
  new LaneDashboard(shared, 'Dashboard');
  lanes = stacks.map((stack) => Template.fromStack(stack));
  backbone = Template.fromStack(shared);
});

function dashboard(): string {
  const [only] = Object.values(backbone.findResources('AWS::CloudWatch::Dashboard'));
  return JSON.stringify(only?.['Properties'].DashboardBody).replaceAll('\\', '');
}

test.each(Object.values(METRICS))('the dashboard shows %s of every lane', (name) => {
  for (const [stack, lane] of [
    // lane: websocket
    ['Websocket', 'websocket'],
    // end lane
    // lane: sse
    ['Sse', 'sse'],
    // end lane
  ]) {
    expect(dashboard()).toContain(`"RealtimeLanes","${name}","lane","${lane}","stack","${stack}"`);
  }
});

function alarms(): readonly Record<string, string>[] {
  return [backbone, ...lanes].flatMap((template) =>
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
  // lane: sse
  'orphans',
  'gaps',
  'unhealthy-targets',
  'streams-near-the-limit',
  // end lane
  'unexpected-errors',
  'delivery-latency',
  'throttles-429',
  'dynamodb-throttles',
  'lambda-errors',
  'lambda-throttles',
  // lane: websocket
  'queue-age',
  // end lane
])('there is an alarm for %s', (runbook) => {
  expect(alarms().some(({ AlarmDescription }) => AlarmDescription?.endsWith(`#${runbook}`))).toBe(true);
});
