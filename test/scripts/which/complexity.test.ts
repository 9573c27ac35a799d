import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { complexityOf, renderComplexity } from '../../../scripts/which/complexity.ts';

let assembly: string;

beforeEach(() => {
  assembly = mkdtempSync(join(tmpdir(), 'realtime-lanes-complexity-'));
});

afterEach(() => {
  rmSync(assembly, { recursive: true });
});

const write = (stack: string, Resources: Record<string, unknown>) =>
  writeFileSync(join(assembly, `${stack}.template.json`), JSON.stringify({ Resources }));

const policy = (...Statement: readonly unknown[]) => ({ Type: 'AWS::IAM::Policy', Properties: { PolicyDocument: { Statement } } });

test('counts the resources of one stack, and each allowed action once', () => {
  write('LanesProdBackbone', {
    Metadata: { Type: 'AWS::CDK::Metadata' },
    Function: { Type: 'AWS::Lambda::Function' },
    Queue: { Type: 'AWS::SQS::Queue' },
    Alarm: { Type: 'AWS::CloudWatch::Alarm' },
    One: policy({ Effect: 'Allow', Action: ['sns:Publish', 'sqs:SendMessage'] }, { Effect: 'Deny', Action: 'sqs:*' }),
    Other: policy({ Effect: 'Allow', Action: 'sns:Publish' }),
    QueuePolicy: { Type: 'AWS::SQS::QueuePolicy', Properties: { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:*' }] } } },
  });
  write('LanesProdOther', { Function: { Type: 'AWS::Lambda::Function' } });

  expect(complexityOf(assembly, 'backbone')).toMatchObject({ resources: 6, functions: 1, queues: 1, alarms: 1, roles: 0, iamActions: 2 });
});

test('counts code and runbooks of the repository, and rounds lines up so that few changes are seen', () => {
  const complexity = complexityOf(assembly, 'backbone');
  expect(complexity.runbooks).toBeGreaterThan(3);
  expect(complexity.refusals).toBeGreaterThan(3);
  const table = renderComplexity({ shared: { ...complexity, codeLines: 1_501, clientLines: 51 } });
  expect(table).toContain('| lines of code that run | about 2,000 |');
  expect(table).toContain('| lines of our client library | about 100 |');
});
