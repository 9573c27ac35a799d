import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { SETTINGS_VARIABLE } from '../../backbone/contract.ts';
import { BackboneStack } from '../../lib/backbone/backbone-stack.ts';
import type { LaneProps } from '../../lib/lane.ts';
import type { Stage } from '../../lib/stage.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The context of cdk.json: its feature flags shape the templates. */
export const CDK_CONTEXT: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')).context;

/**
 * Nothing is bundled: functions point at an empty stand-in for their asset, and the image holds its Dockerfile alone.
 * Everything else of the templates is as in a deployment.
 */
export const WITHOUT_BUNDLING = { 'aws:cdk:bundling-stacks': [] } as const;

/**
 * Keeps the CDK from validating templates against CloudFormation's schemas, which takes two thirds of a synth. Those of
 * every stage are validated by `app.test.ts`, and each lane's alone by `test/e2e/both/one-lane.test.ts`.
 */
export const WITHOUT_VALIDATION = { CDK_VALIDATION: 'false' } as const;
Object.assign(process.env, WITHOUT_VALIDATION);

const assemblies = mkdtempSync(join(tmpdir(), 'realtime-lanes-assemblies-'));

afterAll(() => {
  rmSync(assemblies, { recursive: true });
});

/** An app like that of `bin/app.ts`. */
export function testApp(context: Readonly<Record<string, unknown>> = WITHOUT_BUNDLING): App {
  return new App({ outdir: mkdtempSync(join(assemblies, 'app-')), context: { ...CDK_CONTEXT, ...context } });
}

/** An empty stack in such an app. */
export function testStack(id = 'Test', app = testApp()): Stack {
  return new Stack(app, id, { env: { region: 'us-east-1' } });
}

/** The backbone of a stage and who may use it, for stacks of lanes to stand on. */
export function testBackbone(stage: Stage, app: App): Pick<BackboneStack, 'backbone' | 'access'> {
  const { backbone, access } = new BackboneStack(app, 'Backbone', { env: { region: stage.region }, stage });
  return { backbone, access };
}

/** What the stack of a lane gets, in an app of its own where none is given. */
export function laneProps<Settings>(
  stage: Stage,
  settings: Settings,
  { app = testApp(), peers = {} }: { app?: App; peers?: Readonly<Record<string, string>> } = {},
): LaneProps<Settings> & { readonly app: App } {
  return { app, env: { region: stage.region }, stage, settings, ...testBackbone(stage, app), peers: () => peers };
}

export interface Statement {
  /** Logical id of the role that has it. */
  readonly role: string;
  readonly actions: readonly string[];
  /** Each flattened to text, references as `<LogicalId.Attribute>`. */
  readonly resources: readonly string[];
  readonly condition: unknown;
}

/** Everything that roles of a template are allowed, apart from managed policies. */
export function allowances(template: Template): readonly Statement[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    list(Properties.PolicyDocument.Statement).map((statement) => {
      const { Effect, Action, Resource, Condition } = statement as Record<string, unknown>;
      if (Effect !== 'Allow') throw new Error(`expected an Allow statement, found ${Effect}`);
      return {
        role: list(Properties.Roles)
          .map((role) => (role as { Ref: string }).Ref)
          .join(),
        actions: list(Action).map(String),
        resources: list(Resource).map(flatten),
        condition: Condition,
      };
    }),
  );
}

/** What the role whose logical id starts so is allowed: `action` to `resource`, one line each, sorted. */
export function allowedTo(template: Template, rolePrefix: string): readonly string[] {
  return allowances(template)
    .filter(({ role }) => role.startsWith(rolePrefix))
    .flatMap(({ actions, resources }) => actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)))
    .sort();
}

/** The environment of the function whose logical id starts so, values flattened to text. */
export function environmentOf(template: Template, functionPrefix: string): Readonly<Record<string, string>> {
  const found = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([id]) => id.startsWith(functionPrefix));
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) throw new Error(`expected one function ${functionPrefix}…, found ${found.length}`);
  const variables: Record<string, unknown> = only[1]['Properties'].Environment.Variables;
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, flatten(value)]));
}

/** The settings of the function whose logical id starts so. */
export function settingsOf(template: Template, functionPrefix: string): unknown {
  return JSON.parse(environmentOf(template, functionPrefix)[SETTINGS_VARIABLE] ?? '');
}

/** Text of a value that may hold references. */
export function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, content] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  switch (name) {
    case 'Ref':
      return `<${content}>`;
    case 'Fn::Sub':
      return String(content);
    case 'Fn::GetAtt':
      return `<${list(content).join('.')}>`;
    case 'Fn::Join': {
      const [delimiter, parts] = content as [string, unknown[]];
      return parts.map(flatten).join(delimiter);
    }
    case 'Fn::ImportValue':
      return `<${content}>`;
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = content as Record<string, string>;
      return `<${StackName}:${OutputName}>`;
    }
    default:
      throw new Error(`cannot flatten ${JSON.stringify(value)}`);
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Nothing of a bucket can be made public. */
export const NO_PUBLIC_ACCESS = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
} as const;
