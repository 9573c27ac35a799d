import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { SseStack } from '../../../lib/sse/sse-stack.ts';
import { dev, prod } from '../fixed-stages.ts';
import { allowances, allowedTo } from '../harness.ts';
import { logicalIds } from '../logical-ids.ts';
import { makeStack } from './stack.ts';

let devStack: SseStack;
let devTemplate: Template;
let prodTemplate: Template;

/** Shortens the names of resources, and leaves out the log groups. */
const readable = (lines: readonly string[]) =>
  lines
    .filter((line) => !line.startsWith('logs:'))
    .map((line) => line.replace(/<Backbone:ExportsOutput(FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(Arn)?[0-9A-F]{8}>/, '<$2>'));

const TASK_QUEUES = `arn:aws:sqs:${dev.region}:<AWS::AccountId>:Sse_*`;

beforeAll(() => {
  devStack = makeStack(dev, { websocket: 'wss://sockets.example/dev' });
  devTemplate = Template.fromStack(devStack);
  prodTemplate = Template.fromStack(makeStack(prod));
});

describe('who may do what', () => {
  test('names a resource wherever AWS supports one', () => {
    const onEverything = allowances(prodTemplate).filter(({ resources }) => resources.includes('*'));
    expect([...new Set(onEverything.flatMap(({ actions }) => actions))].sort()).toEqual([
      'ecr:GetAuthorizationToken',
      'ecs:ListTasks',
      'elasticloadbalancing:DescribeTargetHealth',
      'sqs:ListQueues',
    ]);
  });

  test('a task makes, reads and removes queues of its own prefix, subscribes, reads, publishes, says who is present, sees target health, and nothing else', () => {
    expect(readable(allowedTo(devTemplate, 'ServiceTaskTaskRole'))).toEqual([
      'dynamodb:BatchGetItem <BackboneLogTable>',
      'dynamodb:BatchGetItem <BackbonePresenceTable>',
      'dynamodb:BatchWriteItem <BackbonePresenceTable>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:Query <BackbonePresenceTable>',
      'dynamodb:UpdateItem <BackboneLogTable>',
      'elasticloadbalancing:DescribeTargetHealth *',
      'kms:Decrypt <BackboneTopicKey>',
      'kms:GenerateDataKey <BackboneTopicKey>',
      'sns:Publish <BackboneTopic>',
      'sns:Subscribe <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:CreateQueue ${TASK_QUEUES}`,
      `sqs:DeleteMessage ${TASK_QUEUES}`,
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:ReceiveMessage ${TASK_QUEUES}`,
      `sqs:TagQueue ${TASK_QUEUES}`,
    ]);
  });

  test('a task subscribes queues of its own prefix to the topic, and nothing else', () => {
    const [subscribing, ...others] = allowances(devTemplate).filter(({ actions }) => actions.includes('sns:Subscribe'));
    expect(others).toEqual([]);
    expect(subscribing?.condition).toEqual({
      StringEquals: { 'sns:Protocol': 'sqs' },
      StringLike: { 'sns:Endpoint': { 'Fn::Join': ['', [`arn:aws:sqs:${dev.region}:`, { Ref: 'AWS::AccountId' }, ':Sse_*']] } },
    });
  });

  test('the cleaner of a stopped task removes queues of the prefix and their subscriptions, and nothing else', () => {
    const lines = readable(allowedTo(devTemplate, 'CleanersTaskStopped')).filter((line) => !/<CleanersDeadLetters/.test(line));
    expect(lines).toEqual([
      'sns:ListSubscriptionsByTopic <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:GetQueueUrl ${TASK_QUEUES}`,
      `sqs:ListQueueTags ${TASK_QUEUES}`,
    ]);
  });

  test('the sweep may list queues, and tasks of the one cluster, besides', () => {
    const lines = readable(allowedTo(devTemplate, 'CleanersSweep')).filter((line) => !/<CleanersDeadLetters/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(`^ecs:DescribeTasks arn:aws:ecs:${dev.region}:<AWS::AccountId>:task/<ServiceCluster\\w+>/\\*$`),
      'ecs:ListTasks *',
      'sns:ListSubscriptionsByTopic <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:GetQueueAttributes ${TASK_QUEUES}`,
      `sqs:GetQueueUrl ${TASK_QUEUES}`,
      `sqs:ListQueueTags ${TASK_QUEUES}`,
      'sqs:ListQueues *',
    ]);
    const [listTasks] = allowances(devTemplate).filter(({ actions }) => actions.includes('ecs:ListTasks'));
    expect(listTasks?.condition).toEqual({
      ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': [expect.stringMatching(/^ServiceCluster/), 'Arn'] } },
    });
  });
});

test('the stack outputs its URLs, and what DNS must point to', () => {
  devTemplate.hasOutput('HttpsUrl', { Value: 'https://lanes-dev.example.com' });
  devTemplate.hasOutput('HttpUrl', {});
  devTemplate.hasOutput('LoadBalancerDnsName', { Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontLoadBalancer'), 'DNSName'] } });
  expect(prodTemplate.findOutputs('HttpUrl')).toEqual({});
});

test.each(['orphans', 'gaps', 'unhealthy-targets', 'streams-near-the-limit'])('there is an alarm for %s', (runbook) => {
  prodTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp(`#${runbook}$`) });
});

test('production has the logical ids that it had', () => {
  expect(logicalIds(prodTemplate)).toMatchSnapshot();
});
