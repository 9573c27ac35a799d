import { expect, test } from '@jest/globals';
import { checkAccount } from '../../../scripts/check-account/check.ts';
import { NotReadOnlyError } from '../../../scripts/check-account/read-only.ts';
import { report, wouldFail } from '../../../scripts/check-account/report.ts';
import { fakeAccount, stackOf } from './fake-account.ts';

const stage = { id: 'dev', edge: { type: 'cloudfront' } } as never;
const stacks = [
  stackOf({
    vpc: ['AWS::EC2::VPC'],
    service: ['AWS::ECS::Service', { TaskDefinition: { Ref: 'task' } }],
    task: ['AWS::ECS::TaskDefinition', { Cpu: '256' }],
  }),
];
const check = (change: Parameters<typeof fakeAccount>[0] = {}, signal = new AbortController().signal) =>
  checkAccount(stage, stacks, fakeAccount(change), signal);

const denied = async (): Promise<never> => {
  throw Object.assign(new Error('not authorized to perform servicequotas:GetServiceQuota'), {
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
  });
};

test('an account that has everything', async () => {
  const findings = await check();
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['ok']));
  expect(wouldFail(findings)).toBe(false);
});

test('what the account does not answer is said as such, and the rest is checked', async () => {
  const findings = await check({ quota: denied, parameter: async () => undefined });
  const text = report(findings);
  expect(text).toContain(
    'not checked  quota of VPCs in us-east-1: AccessDeniedException: not authorized to perform servicequotas:GetServiceQuota (HTTP 403)',
  );
  expect(text).toContain('PROBLEM      CDK bootstrap of us-east-1: there is none\n             -> npx cdk bootstrap aws://');
  expect(text).toMatch(/\n\n1 that would fail, 0 to look at, 3 not checked, \d+ ok$/);
  expect(wouldFail(findings)).toBe(true);
  expect(wouldFail(await check({ quota: denied }))).toBe(false);
});

test('a mistake of the program is no finding', async () => {
  const mistaken = async (): Promise<never> => {
    throw new TypeError('undefined is not a function');
  };
  await expect(check({ stack: mistaken })).rejects.toThrow(TypeError);
  const writing = async (): Promise<never> => {
    throw Object.assign(new NotReadOnlyError('DeleteStackCommand'), { $metadata: {} });
  };
  await expect(check({ stack: writing })).rejects.toThrow(NotReadOnlyError);
});

test('Ctrl-C ends it, and is no finding either', async () => {
  const stopping = new AbortController();
  const aborted = async (): Promise<never> => {
    stopping.abort();
    throw Object.assign(new Error('Request aborted'), { name: 'AbortError', $metadata: {} });
  };
  await expect(check({ stack: aborted }, stopping.signal)).rejects.toThrow(/abort/i);
});
