import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Duration, Size } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { LaneFunction } from '../../lib/lane-function.ts';
import { allowedTo, testApp, testStack } from './harness.ts';

const props = { entry: 'lambda/backbone/publish.ts', description: 'test', logRetention: 7, timeout: Duration.seconds(9) } as const;

describe('a lane function', () => {
  let template: Template;

  beforeAll(() => {
    const stack = testStack();
    new LaneFunction(stack, 'Plain', props);
    new LaneFunction(stack, 'Larger', { ...props, memory: Size.gibibytes(1), environment: { COLOUR: 'blue' } });
    template = Template.fromStack(stack);
  });

  test('may write to its own log group and nothing else', () => {
    expect(allowedTo(template, 'PlainRole')).toEqual([
      expect.stringMatching(/^logs:CreateLogStream <PlainLog\w+\.Arn>$/),
      expect.stringMatching(/^logs:PutLogEvents <PlainLog\w+\.Arn>$/),
    ]);
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  test('has 256 MB and source maps by default', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 256,
      Timeout: 9,
      Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } },
    });
  });

  test('takes other memory and more environment', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 1_024,
      Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps', COLOUR: 'blue' } },
    });
  });
});

test('functions of one folder each get a bundle of their own', () => {
  const app = testApp({});
  const stack = testStack('Siblings', app);
  new LaneFunction(stack, 'First', { ...props, entry: 'lambda/backbone/publish.ts' });
  // Not a handler, and bundled all the same.
  new LaneFunction(stack, 'Second', { ...props, entry: 'lambda/backbone/publish-request.ts' });
  const keys = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).map(
    ({ Properties }) => Properties.Code.S3Key,
  );
  expect(new Set(keys).size).toBe(2);
}, 60_000);

test('a bundle is ES modules that stand alone, the AWS SDK inside', () => {
  const app = testApp({});
  new LaneFunction(testStack('Bundled', app), 'Connect', props);
  const assembly = app.synth();
  const asset = join(assembly.directory, readdirSync(assembly.directory).find((name) => name.startsWith('asset.')) ?? '');
  expect(readdirSync(asset)).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
  expect(readdirSync(asset).filter((name) => !/\.mjs(\.map)?$/.test(name))).toEqual([]);
  // Without its environment it says so. That far it comes only when every import was found.
  const { stderr } = spawnSync(process.execPath, ['index.mjs'], { cwd: asset, env: {}, encoding: 'utf8' });
  expect(/InvalidEnvironmentError: .*LANES_LOG_TABLE/.exec(stderr)).not.toBeNull();
}, 60_000);
