import { afterEach, describe, expect, test } from '@jest/globals';
import { type LocalRun, startLocalRun } from '../run.ts';
import { TaskFailedError } from '../tasks/task-service.ts';
import { OPEN_POLICY } from './support/access.ts';
import { type TestApp, writeApp } from './support/app.ts';
import { testLog } from './support/log.ts';

type Resources = NonNullable<NonNullable<Parameters<typeof writeApp>[0]>['resources']>;

let app: TestApp | undefined;
let run: LocalRun | undefined;

afterEach(async () => {
  await run?.close();
  app?.remove();
  run = undefined;
});

/** Starts an app with further resources, and returns the warnings from the log. */
async function warningsOf(resources: Resources): Promise<readonly string[]> {
  app = writeApp({ resources });
  const { log, lines } = testLog();
  run = await startLocalRun({ assemblyDir: app.directory, tasks: 1, strict: false, log });
  const warnings = lines.filter((line) => line.startsWith('[warning] ')).map((line) => line.slice('[warning] '.length).trim());
  expect(warnings).toEqual(run.warnings);
  // Whatever is left out, the rest runs.
  expect((await fetch(run.urls.http)).status).toBe(200);
  return warnings;
}

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const fn = (properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { S3Key: 'f.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x', Role: arn('FunctionRole'), ...properties },
});

test('an app that is fully supported has no warning', async () => {
  expect(await warningsOf({})).toEqual([]);
});

describe('a resource that is left out has one warning', () => {
  test('with its type, logical id, stack, construct path, reason and consequence', async () => {
    const Metadata = { 'aws:cdk:path': 'App/Orders/Cache/Resource' };
    expect(await warningsOf({ Cache: { Type: 'AWS::ElastiCache::ServerlessCache', Metadata } })).toEqual([
      'AWS::ElastiCache::ServerlessCache (Cache in stack App, App/Orders/Cache) is left out: ' +
        'the local run does not support this type. Consequence: it does not exist locally.',
    ]);
  });

  const cases: readonly (readonly [what: string, resource: Resources[string], message: RegExp])[] = [
    ['a runtime', fn({ Runtime: 'python3.13' }), /\(X\d in .*runtime python3\.13 cannot run.*Consequence: it cannot be invoked\./],
    [
      'a schedule',
      { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'cron(0 1 * * ? *)' } },
      /\(X\d in .*cron\(0 1.*Consequence: its targets get no events\./,
    ],
    [
      'an operator of event patterns',
      { Type: 'AWS::Events::Rule', Properties: { EventPattern: { detail: { n: [{ numeric: ['>', 1] }] } } } },
      /\(X\d in .*operator numeric/,
    ],
    ['a FIFO queue', { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } }, /\(X\d in .*FifoQueue cannot be emulated/],
    [
      'what the API of a service refuses',
      { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 90_000 } },
      /\(X\d in .*VisibilityTimeout.*from 0 to 43200/,
    ],
    [
      'an endpoint of a subscription',
      { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'a@example.com' } },
      /\(X\d in .*Protocol email.*Consequence: its endpoint gets nothing from the topic\./,
    ],
    [
      'a function of templates',
      { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Transform': {} } } },
      /\(X\d in .*Fn::Transform is not supported/,
    ],
    [
      'a condition',
      { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::If': ['Nowhere', 'a', 'b'] } } },
      /\(X\d in .*there is no condition Nowhere/,
    ],
    [
      'an operator of policies',
      {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'FunctionRole' }],
          PolicyDocument: {
            Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { NumericLessThan: { 's3:max-keys': '1' } } },
          },
        },
      },
      /\(X\d in .*NumericLessThan is not supported.*Consequence: calls that only this policy allows are denied\./,
    ],
  ];

  test('of its own, whatever it is that is not supported', async () => {
    const warnings = await warningsOf(Object.fromEntries(cases.map(([, resource], index) => [`X${index}`, resource])));
    for (const [index, [what, , message]] of cases.entries()) {
      const own = warnings.filter((warning) => warning.includes(`(X${index} in stack App)`));
      expect([what, ...own]).toEqual([what, expect.stringMatching(message)]);
    }
    expect(warnings).toHaveLength(cases.length);
  });
});

describe('what depends on a resource that is left out', () => {
  test('is named in the same warning: left out with it, or with a value that leads nowhere', async () => {
    const warnings = await warningsOf({
      Cache: { Type: 'AWS::ElastiCache::ServerlessCache' },
      Fifo: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Worker: fn({ Environment: { Variables: { CACHE: { 'Fn::GetAtt': ['Cache', 'Endpoint.Address'] }, QUEUE: { Ref: 'Fifo' } } } }),
      Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: arn('Fifo'), FunctionName: { Ref: 'Worker' } } },
      // Permissions for a missing resource have no effect.
      Grant: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'FunctionRole' }],
          PolicyDocument: { Statement: { Effect: 'Allow', Action: 'sqs:*', Resource: arn('Fifo') } },
        },
      },
    });
    const worker = 'AWS::Lambda::Function (Worker in stack App) gets a value for it that leads nowhere';
    expect(warnings).toHaveLength(2);
    expect(warnings.find((text) => text.includes('(Cache in'))).toMatch(`Consequence: it does not exist locally; ${worker}.`);
    const queue = warnings.find((text) => text.includes('(Fifo in'));
    expect(queue).toContain(worker);
    expect(queue).toContain(
      'AWS::Lambda::EventSourceMapping (Mapping in stack App) is left out with it: its function is not invoked by this source',
    );
    expect(queue).not.toContain('Grant');
  });

  test('follows from one to the next', async () => {
    const [warning, ...others] = await warningsOf({
      Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', NotAction: 'sts:x' } } } },
      Worker: fn({ Role: arn('Role') }),
      Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: arn('Jobs'), FunctionName: { Ref: 'Worker' } } },
    });
    expect(others).toEqual([]);
    expect(warning).toMatch(
      /^AWS::IAM::Role \(Role in .*Statement\.0\.Action is not supported.*Worker in stack App\) is left out with it.*Mapping in stack App\) is left out/,
    );
  });

  test('of the targets of a rule only the one that is missing', async () => {
    const [warning, ...others] = await warningsOf({
      Worker: fn({ Runtime: 'python3.13' }),
      Copy: { Type: 'AWS::SQS::Queue' },
      CopyPolicy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Copy' }], PolicyDocument: JSON.parse(OPEN_POLICY) } },
      Both: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 hour)',
          Targets: [
            { Id: 'A', Arn: arn('Worker') },
            { Id: 'B', Arn: arn('Copy') },
          ],
        },
      },
    });
    expect(others).toEqual([]);
    expect(warning).toMatch(/\(Worker in .*; AWS::Events::Rule \(Both in stack App\): this target gets no events\.$/);
    run?.fireSchedules();
    expect(
      run?.queues
        .list()
        .find(({ name }) => name.startsWith('App-Copy-'))
        ?.bodies(),
    ).toHaveLength(1);
  });
});

describe('a part that is left out', () => {
  test.each<[string, Resources, RegExp]>([
    [
      'a target that the local run does not have',
      {
        R: {
          Type: 'AWS::Events::Rule',
          Properties: { EventPattern: { source: ['x'] }, Targets: [{ Id: 'T', Arn: 'arn:aws:states:us-east-1:1:stateMachine:m' }] },
        },
      },
      /\(R in stack App\): the target arn:aws:states:\S+ is left out: .*Consequence: this target gets no events\./,
    ],
    [
      'a stream',
      {
        T: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
            StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
          },
        },
      },
      /\(T in stack App\): its stream is left out: .*Consequence: whatever reads the stream sees no changes\./,
    ],
    [
      'an attribute that is not known',
      { F: fn({ Environment: { Variables: { COLOUR: { 'Fn::GetAtt': ['Jobs', 'Colour'] } } } }) },
      /\(Jobs in stack App\): the attribute Colour is not known locally\. Consequence: what uses it gets a value that leads nowhere\./,
    ],
    [
      'a managed policy that is not known',
      {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
            },
            ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
          },
        },
        F: fn({ Role: arn('Role') }),
      },
      /\(Role in stack App\): the policy \S+AmazonS3FullAccess is not part of the assembly\. Consequence: calls .* are denied\./,
    ],
  ])('has one warning that names the resource: %s', async (_, resources, message) => {
    const warnings = await warningsOf(resources);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(message);
  });
});

test('what is not about one resource is an error all the same', async () => {
  app = writeApp({ serviceEnv: { FAIL: '1' } });
  const failing = startLocalRun({ assemblyDir: app.directory, tasks: 1, strict: false, log: testLog().log });
  await expect(failing).rejects.toThrow(TaskFailedError);
});
