import { expect, test } from '@jest/globals';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeWildcard } from '../../lib/acknowledgements.ts';
import { testStack } from './harness.ts';

function findings(acknowledge: boolean, action: string): readonly string[] {
  const stack = testStack();
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const arn = `${new Topic(stack, 'Topic').topicArn}/${stack.account}/*`;
  role.addToPolicy(new PolicyStatement({ actions: [action], resources: [arn] }));
  if (acknowledge) acknowledgeWildcard(role, arn, 'for this test');
  const { violations } = new AwsSolutionsChecks(stack).validateScope(role);
  return violations.map(({ ruleName }) => ruleName);
}

test('without an acknowledgement a wildcard is a finding', () => {
  expect(findings(false, 'sns:Publish')).toEqual([
    expect.stringMatching(/^AwsSolutions-IAM5\[Resource::<Topic\w+>\/<AWS::AccountId>\/\*\]$/),
  ]);
});

test('acknowledges the one wildcard that it names, references and all', () => {
  expect(findings(true, 'sns:Publish')).toEqual([]);
});

test('leaves every other wildcard of the role a finding', () => {
  expect(findings(true, 'sns:*')).toEqual(['AwsSolutions-IAM5[Action::sns:*]']);
});
