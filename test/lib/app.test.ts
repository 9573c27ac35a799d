import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { placeholdersOf } from '../../lib/placeholders.ts';
import { LANES } from '../../lib/stage.ts';
import { STAGES } from '../../lib/stages.ts';
import { DEPLOYED } from '../../packages/planner/src/deployed.ts';
import { renderCostPage } from '../../packages/planner/src/pages.ts';
import { COST_PAGE, deployedIn } from '../../scripts/deployed-resources.ts';
import { graphOf } from '../../scripts/diagram/graph.ts';
import { DIAGRAM_PAGE, renderDiagramPage } from '../../scripts/diagram/page.ts';
import { PAGES_WITH_COSTS, withCosts } from '../../scripts/planner-blocks.ts';
import { acknowledgementsOf, type Finding, findingsOf, PAGE, renderPage } from '../../scripts/security-findings.ts';
import { AppCopy } from '../support/app-copy.ts';
import { allowances } from './harness.ts';
import { logicalIds } from './logical-ids.ts';
import { type Synthesis, type SynthesisOptions, synthesize } from './synthesis.ts';

const known = new Map<string, Synthesis>();
const cleanUp: (() => void)[] = [];

afterAll(() => {
  for (const clean of cleanUp.splice(0)) clean();
});

/** The app as it is, synthesized once, with every check that there is. */
function synthesizeOnce(stage: string): Synthesis {
  const synthesis = known.get(stage) ?? run(stage, { checked: true });
  known.set(stage, synthesis);
  return synthesis;
}

function run(stage: string, options?: SynthesisOptions): Synthesis {
  const synthesis = synthesize(stage, options);
  cleanUp.push(() => rmSync(synthesis.outDir, { recursive: true }));
  return synthesis;
}

function copyApp(): AppCopy {
  const copy = AppCopy.linked();
  cleanUp.push(() => copy.remove());
  return copy;
}

describe.each(STAGES)('stage $id', (stage) => {
  const { id, edge } = stage;
  let synthesis: Synthesis;
  const prefix = `Lanes${id.charAt(0).toUpperCase()}${id.slice(1)}`;

  beforeAll(() => {
    synthesis = synthesizeOnce(id);
  }, 120_000);

  test('synthesizes offline, and prints no warning except the one about its placeholders', () => {
    expect(synthesis.output.match(/warning|error/gi) ?? []).toEqual(placeholdersOf(stage).length === 0 ? [] : ['WARNING']);
    expect(synthesis.output).toContain(placeholdersOf(stage).length === 0 ? '' : `WARNING Stage ${id} has placeholders: `);
    expect(synthesis.status).toBe(0);
    expect(Object.keys(synthesis.templates).sort()).toEqual(
      [
        `${prefix}Backbone`,
        ...(edge.type === 'cloudfront' ? [`${prefix}Edge`] : []),
        ...LANES.map(({ name }) => `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`),
      ].sort(),
    );
  });

  test('has no finding of any checker that is not acknowledged', () => {
    const findings = findingsOf(synthesis.outDir);
    expect(new Set(findings.map(({ checker }) => checker))).toEqual(new Set(['AwsSolutions', 'NIST.800.53.R5', 'ControlTower']));
    expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  test('has no acknowledgement without a finding', () => {
    const answers = findingsOf(synthesis.outDir).map(({ rule, acknowledged }) => `${rule}: ${acknowledged?.reason}`);
    const made = acknowledgementsOf(synthesis.outDir).map(({ rule, reason }) => `${rule}: ${reason}`);
    expect(made.filter((acknowledgement) => !answers.includes(acknowledgement))).toEqual([]);
  });

  test('names every action', () => {
    const statements = Object.values(synthesis.templates).flatMap(allowances);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('gives every log group a retention', () => {
    for (const template of Object.values(synthesis.templates)) {
      for (const { Properties } of Object.values(template.findResources('AWS::Logs::LogGroup'))) {
        expect(Properties.RetentionInDays).toBe(STAGES.find((stage) => stage.id === id)?.logRetentionDays);
      }
    }
  });

  test('raises an alarm on every dead-letter queue', () => {
    for (const template of Object.values(synthesis.templates)) {
      const queues = Object.keys(template.findResources('AWS::SQS::Queue')).filter((name) => name.includes('DeadLetters'));
      const alarmed = Object.values(template.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties }) =>
        (Properties.Dimensions ?? []).map(({ Value }: { Value: { 'Fn::GetAtt'?: [string, string] } }) => Value['Fn::GetAtt']?.[0]),
      );
      expect(alarmed).toEqual(expect.arrayContaining(queues));
    }
  });
});

/** A queue whose findings are acknowledged, and one whose findings of the same rules are not. */
const CARELESS_APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { checkTemplates } from '../lib/checks/template-checks.ts';
import { DeadLetterQueue } from '../lib/dead-letter-queue.ts';

const app = new App();
const stack = new Stack(app, 'Careless');
new DeadLetterQueue(stack, 'Acknowledged', { meaning: 'Nobody took it.' });
new Queue(stack, 'WithoutDeadLetters', { enforceSSL: true });
checkTemplates(app);
`;

describe('synth fails', () => {
  test('on findings that are not acknowledged, and names them, although others of the same rules are acknowledged', () => {
    const { root } = copyApp().write('bin/app.ts', CARELESS_APP);
    const { status, output } = run('dev', { root, checked: true });
    expect(status).not.toBe(0);
    expect(output).toMatch(/AwsSolutions-SQS3/);
    expect(output).toMatch(/CT\.SQS\.PR\.1/);
    expect(output).toContain('Careless/WithoutDeadLetters');
    expect(output).not.toContain('Careless/Acknowledged');
  }, 120_000);

  test('on an unknown stage, and names the existing ones', () => {
    const { status, output } = run('nowhere');
    expect(status).not.toBe(0);
    expect(output).toContain(`There is no stage "nowhere". Choose one with -c stage=<id>: ${STAGES.map(({ id }) => id).join(', ')}.`);
  }, 120_000);
});

/** A lane in one folder, with a setting, a rule, an alarm and a widget. */
const DUMMY_LANE = `
import { Stack } from 'aws-cdk-lib';
import { TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import * as v from 'valibot';
import { setting } from '../../backbone/settings.ts';
import { defineLane } from '../lane.ts';
import { alarmAbove } from '../observability/alarm.ts';
import { below } from '../timeout-rule.ts';

class DummyStack extends Stack {
  lane = 'dummy';
  dashboard = { label: 'Dummy', notes: { Connects: 'of the dummy' }, widgets: [new TextWidget({ markdown: 'the widget of the dummy' })] };

  constructor(scope, id, { stage, settings, backbone, access, peers, ...props }) {
    super(scope, id, props);
    const topic = new Topic(this, 'Topic', { displayName: \`patience \${settings.patienceSeconds}\` });
    alarmAbove(this, 'Alarm', { metric: topic.metricNumberOfNotificationsFailed(), meaning: 'The dummy fails.', runbook: 'docs/operations.md#dead-letters' });
  }

  behind() {
    return {
      lane: this.lane,
      behaviors: () => ({ paths: {} }),
      url: (host) => \`https://\${host}/dummy\`,
      output: { id: 'DummyUrl', description: 'Where the dummy is' },
    };
  }
}

export const dummy = defineLane({
  name: 'dummy',
  settings: v.optional(v.strictObject({ patienceSeconds: setting(1, 60, 7) }), {}),
  stages: { prod: { patienceSeconds: PATIENCE } },
  checks: () => [],
  rules: (stage, { patienceSeconds }) => [
    below(['dummy.patienceSeconds', patienceSeconds], ['the patience of anybody', 50], 's', 'nobody waits for longer'),
  ],
  addTo: (scope, id, props) => new DummyStack(scope, id, props),
});
`;

describe('a new lane', () => {
  function withDummy(patience: number): string {
    const copy = copyApp().edit('lib/lanes.ts', (source) => `${source}export { dummy } from './dummy/lane.ts';\n`);
    copy.write('lib/dummy/lane.ts', DUMMY_LANE.replace('PATIENCE', String(patience)));
    return copy.root;
  }

  test('takes one folder and one line: it has its settings, its alarm and its widget', () => {
    const { output, status, templates } = run('dev', { root: withDummy(9) });
    expect(output).not.toMatch(/error/i);
    expect(status).toBe(0);
    templates['LanesDevDummy']?.hasResourceProperties('AWS::SNS::Topic', { DisplayName: 'patience 7' });
    templates['LanesDevDummy']?.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('The dummy fails'),
    });
    const dashboard = JSON.stringify(templates['LanesDevBackbone']?.findResources('AWS::CloudWatch::Dashboard'));
    expect(dashboard).toContain('the widget of the dummy');
    expect(dashboard).toContain('Dummy: of the dummy.');
    expect(dashboard).toContain('LanesDevDummy');
  }, 120_000);

  test('has its part of a shipped stage, and its rules are checked with all others', () => {
    run('prod', { root: withDummy(9) }).templates['LanesProdDummy']?.hasResourceProperties('AWS::SNS::Topic', {
      DisplayName: 'patience 9',
    });
    const { status, output } = run('prod', { root: withDummy(55) });
    expect(status).not.toBe(0);
    expect(output).toMatch(/dummy\.patienceSeconds \(55 s\) must be < the patience of anybody \(50 s\): nobody waits/);
  }, 120_000);
});

const diagrams = readFileSync(DIAGRAM_PAGE, 'utf8');

/**
 * The stages that both pages were written for, as the headings of one name them. A new stage is checked like the others above, and is
 * in the pages from the next time that they are written.
 */
const WRITTEN_FOR = STAGES.filter(({ id }) => new RegExp(`^## Stage .*\`${id}\``, 'm').test(diagrams));

/** Until they are written again, generated pages describe a lane that was deleted by hand, too: then there is nothing to compare. */
const SHOWN = [...diagrams.matchAll(/^ {2}subgraph (\w+)/gm)].map(([, stack = '']) => stack.toLowerCase());
const THERE = ['backbone', 'edge', ...LANES.map(({ name }) => name)];
const whileTheyShowTheseLanes = SHOWN.every((stack) => THERE.includes(stack)) ? test : test.skip;

whileTheyShowTheseLanes(
  'docs/security-findings.md has every finding and its reason: npm run findings writes it',
  () => {
    const stages: Record<string, readonly Finding[]> = {};
    for (const { id } of WRITTEN_FOR) stages[id] = findingsOf(synthesizeOnce(id).outDir);
    expect(readFileSync(PAGE, 'utf8')).toBe(renderPage(stages));
  },
  120_000,
);

whileTheyShowTheseLanes(
  'docs/architecture-diagram.md shows what is synthesized: npm run diagram writes it',
  () => {
    const graphs = Object.fromEntries(WRITTEN_FOR.map(({ id }) => [id, graphOf(synthesizeOnce(id).outDir)]));
    expect(readFileSync(DIAGRAM_PAGE, 'utf8')).toBe(renderDiagramPage(graphs));
  },
  120_000,
);

whileTheyShowTheseLanes.each(STAGES.filter(({ id }) => id in DEPLOYED))(
  'the planner bills what stage $id deploys: npm run findings counts it',
  (stage) => {
    expect(deployedIn(synthesizeOnce(stage.id).outDir, stage)).toEqual(DEPLOYED[stage.id]);
  },
  120_000,
);

test('docs/cost.md says what the planner says: npm run findings writes it', () => {
  expect(readFileSync(COST_PAGE, 'utf8')).toBe(renderCostPage());
});

test.each(PAGES_WITH_COSTS)('%s says what the planner says: npm run findings writes it', (page) => {
  expect(readFileSync(page, 'utf8')).toBe(withCosts(page));
});

test('the backbone of production has the logical ids that it had', () => {
  const template = synthesizeOnce('prod').templates['LanesProdBackbone'];
  expect(template === undefined ? [] : logicalIds(template)).toMatchSnapshot();
}, 120_000);
