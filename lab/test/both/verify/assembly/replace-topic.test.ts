import { expect, test } from '@jest/globals';
import { NoTopicError, withTopicReplaced } from '../../../../both/verify/assembly/replace-topic.ts';
import type { Template } from '../../../../both/verify/assembly/template.ts';

const backbone: Template = {
  Resources: {
    Topic1: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'events' } },
    Another: { Type: 'AWS::SNS::Topic' },
    Policy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Topic1' }] } },
    Publish: {
      Type: 'AWS::Lambda::Function',
      Properties: { Name: { 'Fn::GetAtt': ['Topic1', 'TopicName'] }, Other: { Ref: 'Another' } },
      DependsOn: ['Policy'],
    },
  },
  Outputs: {
    TopicArn: { Value: { Ref: 'Topic1' } },
    ExportsTopic: { Value: { Ref: 'Topic1' }, Export: { Name: 'Backbone:Topic' } },
    ExportsOther: { Value: { Ref: 'Another' }, Export: { Name: 'Backbone:Other' } },
  },
};

const lane: Template = {
  Resources: {
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { 'Fn::ImportValue': 'Backbone:Topic' }, Other: { 'Fn::ImportValue': 'Backbone:Other' } },
    },
  },
};

const { beside, after } = withTopicReplaced(
  new Map([
    ['Lane', lane],
    ['Backbone', backbone],
  ]),
);

test('at the end everything uses another topic, the old one and its export are gone, and all else is as it was', () => {
  expect(after.get('Backbone')).toEqual({
    Resources: {
      Topic1Replaced: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'events' } },
      Another: { Type: 'AWS::SNS::Topic' },
      Policy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [{ Ref: 'Topic1Replaced' }] } },
      Publish: {
        Type: 'AWS::Lambda::Function',
        Properties: { Name: { 'Fn::GetAtt': ['Topic1Replaced', 'TopicName'] }, Other: { Ref: 'Another' } },
        DependsOn: ['Policy'],
      },
    },
    Outputs: {
      TopicArn: { Value: { Ref: 'Topic1Replaced' } },
      ExportsTopicReplaced: { Value: { Ref: 'Topic1Replaced' }, Export: { Name: 'Backbone:TopicReplaced' } },
      ExportsOther: { Value: { Ref: 'Another' }, Export: { Name: 'Backbone:Other' } },
    },
  });
});

test('lanes import it in both deploys, so that they are deployed before the old export goes', () => {
  for (const templates of [beside, after]) {
    expect(templates.get('Lane')?.Resources['Subscription']?.Properties).toEqual({
      TopicArn: { 'Fn::ImportValue': 'Backbone:TopicReplaced' },
      Other: { 'Fn::ImportValue': 'Backbone:Other' },
    });
  }
});

test('in the first deploy the old topic and its export are there too: CloudFormation lets none go that is in use', () => {
  const kept = beside.get('Backbone');
  const wanted = after.get('Backbone');
  expect(kept).toEqual({
    ...wanted,
    Resources: { ...wanted?.Resources, Topic1: backbone.Resources['Topic1'] },
    Outputs: { ...wanted?.Outputs, ExportsTopic: backbone.Outputs?.['ExportsTopic'] },
  });
});

test('without a topic that an output names there is nothing to replace', () => {
  expect(() => withTopicReplaced(new Map([['Lane', lane]]))).toThrow(NoTopicError);
});
