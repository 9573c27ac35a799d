import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { checkTemplates } from '../../lib/checks/template-checks.ts';
import { EncryptedTopic } from '../../lib/encrypted-topic.ts';
import { findingsOf } from '../../scripts/security-findings.ts';
import { CDK_CONTEXT, testStack } from './harness.ts';

const props = { description: 'Encrypts alarms', production: false };

test('an allowed service may publish for this account, and use the key for it', () => {
  const stack = testStack();
  new EncryptedTopic(stack, 'Alarms', props).allowService('cloudwatch.amazonaws.com');
  const template = Template.fromStack(stack);
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  };
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ ...statement, Action: 'sns:Publish', Resource: { Ref: Match.stringLikeRegexp('^AlarmsTopic') } }),
      ]),
    },
  });
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: { Statement: Match.arrayWith([{ ...statement, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' }]) },
  });
});

test('EventBridge may without a condition: it does not tell KMS for whom it acts', () => {
  const stack = testStack();
  new EncryptedTopic(stack, 'Alarms', props).allowService('events.amazonaws.com');
  const Principal = { Service: 'events.amazonaws.com' };
  Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([{ Effect: 'Allow', Principal, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' }]),
    },
  });
});

test('no service may publish otherwise', () => {
  const stack = testStack();
  new EncryptedTopic(stack, 'Alarms', props);
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('amazonaws.com"}');
});

test('has no finding of any checker, acknowledged or not', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'realtime-lanes-topic-'));
  try {
    const app = new App({ outdir, context: { ...CDK_CONTEXT } });
    const stack = new Stack(app, 'Test', { env: { region: 'us-east-1' } });
    new EncryptedTopic(stack, 'Alarms', props).allowService('cloudwatch.amazonaws.com').allowService('events.amazonaws.com');
    checkTemplates(app);
    app.synth();
    expect(findingsOf(outdir)).toEqual([]);
    expect(readFileSync(join(outdir, 'Test.template.json'), 'utf8')).toContain('AWS::SNS::Topic');
  } finally {
    rmSync(outdir, { recursive: true });
  }
}, 120_000);
