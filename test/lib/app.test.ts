import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { placeholdersOf } from '../../lib/placeholders.ts';
import { STAGES, stageNamed } from '../../lib/stages.ts';
import { graphOf } from '../../scripts/diagram/graph.ts';
import { DIAGRAM_PAGE, renderDiagramPage } from '../../scripts/diagram/page.ts';
import { acknowledgementsOf, type Finding, findingsOf, PAGE, renderPage } from '../../scripts/security-findings.ts';
import { allowances, CDK_CONTEXT, ROOT, WITHOUT_BUNDLING, WITHOUT_VALIDATION } from './harness.ts';

interface Synthesis {
  readonly outDir: string;
  readonly status: number | null;
  readonly output: string;
  /** By name of the stack. */
  readonly templates: Readonly<Record<string, Template>>;
}

const APP = readFileSync(join(ROOT, 'bin', 'app.ts'), 'utf8');

let workDir: string;

beforeAll(() => {
  workDir = mkdtempSync(join(tmpdir(), 'realtime-lanes-app-'));
  symlinkSync(join(ROOT, 'node_modules'), join(workDir, 'node_modules'));
});

afterAll(() => {
  rmSync(workDir, { recursive: true });
});

const unedited = new Map<string, Synthesis>();

/** The app as it is, synthesized once, with every check that there is. */
function synthesizeOnce(stage: string): Synthesis {
  const synthesis = unedited.get(stage) ?? synthesize(stage, APP, { checks: 'on', env: {} });
  unedited.set(stage, synthesis);
  return synthesis;
}

/** Runs `bin/app.ts`, or an edited copy of it, as the CDK's command line does, without credentials. */
function synthesize(stage: string, source = APP, { checks = 'off', env = WITHOUT_VALIDATION as NodeJS.ProcessEnv } = {}): Synthesis {
  const directory = mkdtempSync(join(workDir, 'run-'));
  const program = join(directory, 'app.ts');
  writeFileSync(program, source.replaceAll(`'../lib/`, `'${ROOT}/lib/`));
  const outDir = join(directory, 'cdk.out');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    env: {
      ...env,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...CDK_CONTEXT, ...WITHOUT_BUNDLING, stage, checks }),
    },
  });
  const files = status === 0 ? readdirSync(outDir).filter((name) => name.endsWith('.template.json')) : [];
  const templates = files.map((name) => [
    name.replace('.template.json', ''),
    Template.fromJSON(JSON.parse(readFileSync(join(outDir, name), 'utf8'))),
  ]);
  return { outDir, status, output: stdout + stderr, templates: Object.fromEntries(templates) };
}

// lane: both
/** `bin/app.ts` without the lines that name the class of a stack: its import and its one statement. */
function without(stackClass: string): string {
  const lines = APP.split('\n');
  const kept = lines.filter((line) => !line.includes(stackClass));
  expect(lines.length - kept.length).toBe(2);
  return kept.join('\n');
}
// end lane

describe.each(STAGES)('stage $id', (stage) => {
  const { id, edge } = stage;
  let synthesis: Synthesis;
  const prefix = `Lanes${id.charAt(0).toUpperCase()}${id.slice(1)}`;

  beforeAll(() => {
    synthesis = synthesizeOnce(id);
  }, 120_000);

  test('synthesizes offline, and prints no warning but the one of its placeholders', () => {
    expect(synthesis.output.match(/warning|error/gi) ?? []).toEqual(placeholdersOf(stage).length === 0 ? [] : ['WARNING']);
    expect(synthesis.output).toContain(placeholdersOf(stage).length === 0 ? '' : `WARNING Stage ${id} has placeholders: `);
    expect(synthesis.status).toBe(0);
    expect(Object.keys(synthesis.templates).sort()).toEqual([
      `${prefix}Backbone`,
      ...(edge.type === 'cloudfront' ? [`${prefix}Edge`] : []),
      // lane: sse
      `${prefix}Sse`,
      // end lane
      // lane: websocket
      `${prefix}Websocket`,
      // end lane
    ]);
  });

  test('has no finding of any checker that is not acknowledged', () => {
    const findings = findingsOf(synthesis.outDir);
    expect(new Set(findings.map(({ checker }) => checker))).toEqual(new Set(['AwsSolutions', 'NIST.800.53.R5', 'ControlTower']));
    expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });

  test('has no acknowledgement that answers no finding', () => {
    const answers = findingsOf(synthesis.outDir).map(({ rule, acknowledged }) => `${rule}: ${acknowledged?.reason}`);
    const made = acknowledgementsOf(synthesis.outDir).map(({ rule, reason }) => `${rule}: ${reason}`);
    expect(made.filter((acknowledgement) => !answers.includes(acknowledgement))).toEqual([]);
  });

  test('names every action, and a resource wherever AWS knows one', () => {
    const statements = Object.values(synthesis.templates).flatMap(allowances);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
    const onEverything = statements.filter(({ resources }) => resources.includes('*')).flatMap(({ actions }) => actions);
    expect([...new Set(onEverything)].sort()).toEqual([
      // lane: websocket
      ...(stage.websocket.fanOut.rollout === 'AllAtOnce' ? [] : ['cloudwatch:DescribeAlarms']),
      // end lane
      // lane: sse
      'ecr:GetAuthorizationToken',
      'ecs:ListTasks',
      'elasticloadbalancing:DescribeTargetHealth',
      'sqs:ListQueues',
      // end lane
    ]);
  });

  test('gives every log group an end', () => {
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

// lane: both
/** `bin/app.ts` with every option that no shipped stage has, at once. */
const EVERY_OPTION = APP.replace(
  "stageNamed(app.node.tryGetContext('stage'))",
  `parseStage({
    ...prod,
    auth: { ...prod.auth, issuer: { url: KEYS, audience: 'lanes', jwksUri: KEYS + '/jwks.json', clientId: 'console' } },
    websocket: { ...prod.websocket, fanOut: { ...prod.websocket.fanOut, rollout: 'Linear10PercentEvery1Minute', reservedConcurrency: 100 } },
    sse: { ...prod.sse, network: { type: 'endpoints' }, reservedLcus: 100, rollout: { type: 'canary', percent: 10, bakeMinutes: 10 } },
  }, 'every option')`,
).replace(
  "import { stageNamed } from '../lib/stages.ts';",
  `import { parseStage } from '../lib/config.ts';
import { prod } from '../lib/stages/prod.ts';
const KEYS = 'https://keys.s3.' + prod.region + '.amazonaws.com';`,
);

test('every option that a stage can choose synthesizes without a finding that is not acknowledged, nor an acknowledgement without one', () => {
  const { outDir, status, output, templates } = synthesize('prod', EVERY_OPTION, { checks: 'on', env: {} });
  expect(output.replace(/^WARNING Stage prod has placeholders/m, '')).not.toMatch(/warning|error/i);
  expect(status).toBe(0);
  templates['LanesProdSse']?.resourceCountIs('AWS::EC2::NatGateway', 0);
  templates['LanesProdSse']?.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
  const findings = findingsOf(outDir);
  expect(findings.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  const answers = findings.map(({ rule, acknowledged }) => `${rule}: ${acknowledged?.reason}`);
  expect(acknowledgementsOf(outDir).filter(({ rule, reason }) => !answers.includes(`${rule}: ${reason}`))).toEqual([]);
}, 120_000);

describe('either lane can be taken out', () => {
  /** Behind CloudFront there is a stack of the edge, whatever lanes there are. */
  const others = stageNamed('dev').edge.type === 'cloudfront' ? ['LanesDevBackbone', 'LanesDevEdge'] : ['LanesDevBackbone'];

  test('without the SSE lane a WebSocket-only app is left', () => {
    const { status, output, templates } = synthesize('dev', without('SseStack'));
    expect(output.replace(/^WARNING Stage dev has placeholders/m, '')).not.toMatch(/warning|error/i);
    expect(status).toBe(0);
    expect(Object.keys(templates).sort()).toEqual([...others, 'LanesDevWebsocket']);
  }, 120_000);

  test('without the WebSocket lane an SSE-only app is left, whose console knows no WebSocket', () => {
    const { status, templates } = synthesize('dev', without('WebSocketStack'));
    expect(status).toBe(0);
    expect(Object.keys(templates).sort()).toEqual([...others, 'LanesDevSse']);
    expect(JSON.stringify(templates['LanesDevSse']?.toJSON()).includes('"websocket')).toBe(false);
  }, 120_000);
});
// end lane

describe('synth fails', () => {
  test('on findings that nobody has acknowledged, and names them, though others of the same rules are acknowledged', () => {
    const careless = `
      import { Stack } from 'aws-cdk-lib';
      import { Queue } from 'aws-cdk-lib/aws-sqs';
      new Queue(new Stack(app, 'Careless'), 'WithoutDeadLetters', { enforceSSL: true });`;
    const { status, output } = synthesize('dev', APP + careless, { checks: 'on' });
    expect(status).not.toBe(0);
    expect(output).toMatch(/AwsSolutions-SQS3/);
    expect(output).toMatch(/CT\.SQS\.PR\.1/);
  }, 120_000);

  test('on a stage that does not exist, and names those that do', () => {
    const { status, output } = synthesize('nowhere');
    expect(status).not.toBe(0);
    expect(output).toContain(`There is no stage "nowhere". Choose one with -c stage=<id>: ${STAGES.map(({ id }) => id).join(', ')}.`);
  }, 120_000);
});

/**
 * The stages that both pages were written for, as the headings of one name them. A new stage is checked like the others above, and is
 * in the pages from the next time that they are written.
 */
const WRITTEN_FOR = STAGES.filter(({ id }) => new RegExp(`^## Stage .*\`${id}\``, 'm').test(readFileSync(DIAGRAM_PAGE, 'utf8')));

test('docs/security-findings.md has every finding and its reason: npm run findings writes it', () => {
  const stages: Record<string, readonly Finding[]> = {};
  for (const { id } of WRITTEN_FOR) stages[id] = findingsOf(synthesizeOnce(id).outDir);
  expect(readFileSync(PAGE, 'utf8')).toBe(renderPage(stages));
}, 120_000);

test('docs/architecture-diagram.md shows what is synthesized: npm run diagram writes it', () => {
  const graphs = Object.fromEntries(WRITTEN_FOR.map(({ id }) => [id, graphOf(synthesizeOnce(id).outDir)]));
  expect(readFileSync(DIAGRAM_PAGE, 'utf8')).toBe(renderDiagramPage(graphs));
}, 120_000);

// A tripwire, not a proof: a change here that the author of a pull request cannot explain is a mistake.
test('the templates of production are what they were', () => {
  const { templates } = synthesizeOnce('prod');
  const redacted = Object.entries(templates).map(([name, template]) => [name, redact(template.toJSON())]);
  expect(Object.fromEntries(redacted)).toMatchSnapshot();
}, 120_000);

/** Leaves out what changes with every build of an asset and every version of the CDK. */
function redact(template: Record<string, unknown>): unknown {
  const { Parameters: _parameters, Rules: _rules, ...rest } = template;
  const text = JSON.stringify(rest, (key, value) => (key === 'Analytics' || key === 'Metadata' ? undefined : value));
  return JSON.parse(text.replace(/[0-9a-f]{64}/g, '<asset hash>'));
}
