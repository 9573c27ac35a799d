import { expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge, acknowledgeWildcard } from '../../lib/acknowledgements.ts';
import { type Finding, findingsOf } from '../../scripts/security-findings.ts';
import { testApp, testStack } from './harness.ts';

/** Findings about the policy of a role that may do `action` to anything below a topic. */
function findings(action: string, acknowledgement: (role: Role, arn: string) => void): readonly Finding[] {
  const app = testApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = testStack('Test', app);
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const arn = `${new Topic(stack, 'Topic', { enforceSSL: true }).topicArn}/${stack.account}/*`;
  role.addToPolicy(new PolicyStatement({ actions: [action], resources: [arn] }));
  acknowledgement(role, arn);
  try {
    app.synth();
  } catch {
    // Findings that nobody has acknowledged fail the synth after they have been written down.
  }
  return findingsOf(app.outdir);
}

const open = (all: readonly Finding[]) => all.filter(({ acknowledged }) => acknowledged === undefined).map(({ rule }) => rule);

test('without an acknowledgement a wildcard is a finding', () => {
  expect(open(findings('sns:Publish', () => undefined))).toEqual([
    expect.stringMatching(/^AwsSolutions-IAM5\[Resource::<Topic\w+>\/<AWS::AccountId>\/\*\]$/),
  ]);
});

test('acknowledges the one wildcard that it names, including references, and the report shows the reason', () => {
  const found = findings('sns:Publish', (role, arn) => acknowledgeWildcard(role, arn, 'for this test'));
  expect(open(found)).toEqual([]);
  expect(found.map(({ acknowledged }) => acknowledged?.reason)).toEqual(['for this test']);
});

test('leaves every other wildcard of the role a finding', () => {
  expect(open(findings('sns:*', (role, arn) => acknowledgeWildcard(role, arn, 'for this test')))).toEqual([
    'AwsSolutions-IAM5[Action::sns:*]',
  ]);
});

test('an acknowledgement of another rule changes nothing', () => {
  expect(open(findings('sns:Publish', (role) => acknowledge(role, 'for this test', 'AwsSolutions-IAM4')))).toHaveLength(1);
});
