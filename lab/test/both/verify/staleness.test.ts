import { expect, test } from '@jest/globals';
import type { AwsCall, CallAws } from '../../../both/verify/aws.ts';
import type { DeployedService } from '../../../both/verify/deployment.ts';
import { refuseStale, StaleError } from '../../../both/verify/staleness.ts';

const OLD = 'arn:aws:sns:us-east-1:0:old';
const NEW = 'arn:aws:sns:us-east-1:0:new';

const resources = [
  ['AWS::Lambda::Function', 'publish'],
  ['AWS::IAM::Role', 'publisher'],
  ['AWS::SQS::Queue', 'http://queue'],
].map(([type = '', physicalId = '']) => ({ stack: 'Lanes', logicalId: physicalId, type, physicalId }));

/** An account in which everything has the new name, but for what an operation answers instead. */
function accountWith(other: Readonly<Record<string, readonly unknown[]>> = {}): CallAws {
  const answer = ({ operation }: AwsCall) => other[operation] ?? [{ has: NEW }];
  return async (calls) => calls.map(answer);
}

const serviceWith = (topic: string) => ({ name: 'tasks', container: { environment: { TOPIC: topic } } }) as unknown as DeployedService;

const refuse = (account: CallAws, service?: DeployedService) => refuseStale(account, { resources, outputs: {} }, service, OLD, NEW);

test('where everything has the new name, it says in how many places', async () => {
  // A topic, a subscription, a function, a policy, a queue, and the task definition.
  expect(await refuse(accountWith(), serviceWith(NEW))).toBe(6);
});

test.each(['list_topics', 'list_subscriptions', 'get_function_configuration', 'get_account_authorization_details', 'get_queue_attributes'])(
  'what %s shows with the old name is stale',
  async (operation) => {
    const account = accountWith({ [operation]: [{ has: NEW }, { of: 'somebody', has: OLD }] });
    await expect(refuse(account)).rejects.toThrow(StaleError);
    await expect(refuse(account)).rejects.toThrow('somebody');
  },
);

test('tasks that would start with the old name are stale', async () => {
  await expect(refuse(accountWith(), serviceWith(OLD))).rejects.toThrow('a task definition');
});

test('a place that has neither name was not looked into, and is no proof', async () => {
  const account = accountWith({ list_subscriptions: [{ has: 'nothing' }] });
  await expect(refuse(account)).rejects.toThrow('a subscription');
});
