import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { graphOf } from '../../../scripts/diagram/graph.ts';
import { renderDiagramPage } from '../../../scripts/diagram/page.ts';

let assembly: string;

beforeEach(() => {
  assembly = mkdtempSync(join(tmpdir(), 'realtime-lanes-graph-'));
});

afterEach(() => {
  rmSync(assembly, { recursive: true });
});

function write(stack: string, resources: Record<string, unknown>, outputs: Record<string, unknown> = {}): void {
  writeFileSync(join(assembly, `${stack}.template.json`), JSON.stringify({ Resources: resources, Outputs: outputs }));
}

const edge = (from: string, to: string, label?: string) => ({ from, to, label, failure: false });

test('a subscription leads from a topic of another stack to its queue', () => {
  write('LanesDevA', { Topic: { Type: 'AWS::SNS::Topic' } }, { TopicRef: { Value: { Ref: 'Topic' } } });
  write('LanesDevB', {
    Queue: { Type: 'AWS::SQS::Queue' },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { 'Fn::GetStackOutput': { StackName: 'LanesDevA', OutputName: 'TopicRef' } },
        Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] },
      },
    },
  });
  expect(graphOf(assembly).edges).toEqual([edge('LanesDevA/Topic', 'LanesDevB/Queue')]);
});

test('what a role may do is drawn from the function that has it', () => {
  const statement = { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: { 'Fn::GetAtt': ['Table', 'Arn'] } };
  write('LanesDevA', {
    Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    Role: { Type: 'AWS::IAM::Role' },
    Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [statement] } } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  });
  const between = ['LanesDevA/Function', 'LanesDevA/Table'] as const;
  expect(graphOf(assembly).edges).toEqual([edge(...between, 'reads'), edge(...between, 'writes')]);
});

test('a denied action is not an arrow', () => {
  const statement = { Effect: 'Deny', Action: 'dynamodb:GetItem', Resource: { 'Fn::GetAtt': ['Table', 'Arn'] } };
  write('LanesDevA', {
    Table: { Type: 'AWS::DynamoDB::GlobalTable' },
    Role: { Type: 'AWS::IAM::Role' },
    Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [statement] } } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  });
  expect(graphOf(assembly).edges).toEqual([]);
});

test('stages with the same connections share a drawing, in which dead letters follow dotted arrows', () => {
  const draw = (stack: string) => {
    write(stack, {
      Dead: { Type: 'AWS::SQS::Queue' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } } } },
    });
    const graph = graphOf(assembly);
    rmSync(join(assembly, `${stack}.template.json`));
    return graph;
  };
  const page = renderDiagramPage({ dev: draw('LanesDevA'), prod: draw('LanesProdA') });
  expect(page).toContain('## Stage `dev`, `prod`\n');
  expect(page.match(/A_Queue -\.-> A_Dead/g)).toHaveLength(1);
});
