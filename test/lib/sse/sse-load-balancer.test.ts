import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Network } from '../../../lib/sse/network.ts';
import { SseLoadBalancer } from '../../../lib/sse/sse-load-balancer.ts';
import { dev } from '../../../lib/stages/dev.ts';
import { testStack } from '../harness.ts';

function synthesize(change: { readonly idleTimeoutSeconds?: number; readonly cidr?: string }): Template {
  const stack = testStack();
  const { vpc } = new Network(stack, 'Network', { natGateways: 1, logRetention: 7, ...(change.cidr && { cidr: change.cidr }) });
  new SseLoadBalancer(stack, 'Front', {
    ...dev.sse,
    vpc,
    targetPort: 8080,
    accessLogDays: 7,
    deletionProtection: false,
    idleTimeoutSeconds: change.idleTimeoutSeconds ?? 60,
  });
  return Template.fromStack(stack);
}

test.each([0, 4_001, Number.NaN])(
  'an idle timeout of %s s, which only the deploy would refuse, is an error at synth',
  (idleTimeoutSeconds) => {
    expect(() => synthesize({ idleTimeoutSeconds })).toThrow(`idleTimeoutSeconds must be 1 to 4000, not ${idleTimeoutSeconds}`);
  },
);

test('the longest idle timeout is taken', () => {
  expect(() => synthesize({ idleTimeoutSeconds: 4_000 })).not.toThrow();
});

test('the network takes another address range', () => {
  synthesize({}).hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
  synthesize({ cidr: '172.20.0.0/16' }).hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '172.20.0.0/16' });
});
