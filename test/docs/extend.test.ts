import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '../../packages/assembly-local/log.ts';
import { outputOf } from '../../packages/assembly-local/outputs.ts';
import { type LocalRun, startLocalRun } from '../../packages/assembly-local/run.ts';
import { findingsOf } from '../../scripts/security-findings.ts';
import { AppCopy } from '../support/app-copy.ts';
import { until } from '../support/until.ts';
import { ROOT } from './commands/extract.ts';
import { applyEdit, editsOf } from './recipes/apply.ts';

const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

let copy: AppCopy;
let assembly: string;
let synthesis: { readonly status: number | null; readonly output: string };

/** Runs a program of the copy. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy.root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, output: stdout + stderr };
}

beforeAll(() => {
  copy = AppCopy.whole();
  assembly = join(copy.root, 'cdk.out');
  for (const edit of editsOf(readFileSync(join(ROOT, 'docs', 'extend.md'), 'utf8'))) applyEdit(copy.root, edit);

  synthesis = run(['bin/app.ts'], {
    CDK_VALIDATION: 'false',
    CDK_OUTDIR: assembly,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage: 'staging', checks: 'on' }),
  });
}, 240_000);

afterAll(() => copy.remove());

/** The resources of a type in a stack of the assembly. */
function resourcesOf(stack: string, type: string): readonly Resource[] {
  const template = JSON.parse(readFileSync(join(assembly, `LanesStaging${stack}.template.json`), 'utf8'));
  const resources: Resource[] = Object.values(template.Resources);
  return resources.filter(({ Type }) => Type === type);
}

test('every recipe is applied, and type-checks', () => {
  const { status, output } = run(['node_modules/typescript/bin/tsc', '--noEmit', '--skipLibCheck']);
  expect(output).toBe('');
  expect(status).toBe(0);
}, 120_000);

test('the app synthesizes with every check, and no finding stands that is not acknowledged', () => {
  expect(synthesis).toMatchObject({ status: 0 });
  expect(findingsOf(assembly).filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
});

test('the stage is in its Region, and has its setting', () => {
  const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'));
  expect(artifacts['LanesStagingOrders'].environment).toBe('aws://unknown-account/eu-west-1');
  const [audit] = resourcesOf('Orders', 'AWS::Lambda::Function');
  expect(audit?.Properties).toMatchObject({ Environment: { Variables: { LANES_SETTINGS: '{"largeOrderCents":40000}' } } });
});

test('the consumer has a filter, and alarms', () => {
  const [subscription] = resourcesOf('Requests', 'AWS::SNS::Subscription');
  expect(subscription?.Properties).toMatchObject({ FilterPolicy: { channel: [{ prefix: 'requests.' }] } });
  const metrics = resourcesOf('Requests', 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties['MetricName']);
  expect(metrics).toEqual(expect.arrayContaining(['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage']));
});

test('the metric has an alarm', () => {
  const [filter] = resourcesOf('Orders', 'AWS::Logs::MetricFilter');
  expect(filter?.Properties).toMatchObject({ FilterPattern: '{ $.message = "order audited" }' });
  expect(resourcesOf('Orders', 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties['MetricName'])).toContain('OrdersAudited');
});

test('every alarm of every stack tells the pager when it fires and when it is over', () => {
  const topics = readdirSync(assembly)
    .filter((name) => name.endsWith('.template.json'))
    .flatMap((name) => Object.values<Resource>(JSON.parse(readFileSync(join(assembly, name), 'utf8')).Resources))
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties: { AlarmActions, OKActions } }) => JSON.stringify([AlarmActions, OKActions]));
  expect(topics.length).toBeGreaterThan(10);
  expect(topics.filter((actions) => (actions.match(/OnCall/g) ?? []).length < 2)).toEqual([]);
});

const CREDENTIALS = { accessKeyId: 'x', secretAccessKey: 'x' };

describe('on this machine', () => {
  let local: LocalRun;
  let bus: EventBridgeClient;
  let database: DynamoDBClient;
  let lambda: LambdaClient;
  const lines: string[] = [];

  beforeAll(async () => {
    const log = createLog({ verbose: true, write: (line) => lines.push(line) });
    local = await startLocalRun({ assemblyDir: assembly, tasks: 1, strict: false, log });
    const client = { endpoint: local.urls.endpoint, region: 'eu-west-1', credentials: CREDENTIALS };
    bus = new EventBridgeClient(client);
    database = new DynamoDBClient(client);
    lambda = new LambdaClient(client);
  }, 60_000);

  afterAll(async () => {
    for (const client of [bus, database, lambda]) client?.destroy();
    await local?.close();
  });

  const put = (Source: string, DetailType: string, detail: object) =>
    bus.send(new PutEventsCommand({ Entries: [{ Source, DetailType, Detail: JSON.stringify(detail) }] }));

  /** What is in the log, which is there whatever lanes are deployed. */
  const published = async () =>
    JSON.stringify((await database.send(new ScanCommand({ TableName: outputOf(local, 'LogTableName') }))).Items);

  test('everything runs except what reaches people, and the warnings say so', () => {
    expect(local.warnings.toSorted()).toEqual([
      expect.stringMatching(/^AWS::Chatbot::SlackChannelConfiguration \(/),
      expect.stringMatching(/^AWS::SNS::Subscription \(.*Protocol email.*its endpoint gets nothing/),
      expect.stringMatching(/^AWS::SNS::Subscription \(.*Protocol https.*its endpoint gets nothing/),
    ]);
  });

  test('the Lambda gets the events of its rule, and uses its setting', async () => {
    await put('shop', 'OrderPlaced', { id: 'o-1', cents: 40_000 });
    await until('the order is audited', () => lines.some((line) => /order audited.*o-1.*isLarge\W+true/.test(line)));
  });

  test('the rule publishes what another service sends in its own format', async () => {
    await put('shop', 'OrderShipped', { id: 'o-2' });
    await until('the event is published', async () => (await published()).includes('Order o-2 is on its way'));
    expect(await published()).toContain('"shipped"');
  });

  describe('the consumer', () => {
    /** Publishes as a client does, whatever lanes are deployed: the function and the lanes have the same publisher. */
    const publish = async (channel: string, data: string) => {
      const Payload = JSON.stringify({ channel, data });
      const answer = await lambda.send(new InvokeCommand({ FunctionName: outputOf(local, 'PublishFunctionName'), Payload }));
      expect(answer.FunctionError).toBeUndefined();
      return JSON.parse(answer.Payload?.transformToString() ?? '') as { readonly id: string; readonly publishedAt: string };
    };
    const answersTo = async (user: string) => (await published()).split(`answers.${user}`).length - 1;
    const consumerQueue = () => local.queues.list().find(({ name }) => /AnswerConsumerQueue/.test(name));
    const isIdle = () => Object.values(consumerQueue()?.counts() ?? { missing: 1 }).every((count) => count === 0);

    test('answers a request on the other channel, and says what is wrong with a bad one', async () => {
      await publish('requests.ann', '3 pieces');
      await publish('requests.ben', 'everything');
      await until('both are answered', async () => /accepted: 3 pieces/.test(await published()) && /refused: ask/.test(await published()));
    });

    test('answers an event once that comes twice', async () => {
      const { id, publishedAt } = await publish('requests.cleo', '4 pieces');
      await until('it is answered', async () => (await answersTo('cleo')) > 0 && isIdle());
      const before = await answersTo('cleo');
      const [epoch = '', seq] = id.split('.');
      const fields = { channel: 'requests.cleo', epoch, seq: Number(seq), type: 'message', data: '4 pieces' };
      const message = JSON.stringify({ ...fields, publishedAt: Date.parse(publishedAt) });
      const attributes = { channel: { DataType: 'String', StringValue: 'requests.cleo' } };
      local.topics.publish(outputOf(local, 'TopicArn'), { message, attributes });
      expect(isIdle()).toBe(false);
      await until('it has come again', isIdle);
      expect(await answersTo('cleo')).toBe(before);
    });

    test('gets no events of other channels', async () => {
      await publish('request', '5 pieces');
      await publish('answers.dan', '6 pieces');
      await publish('requests.dan', '7 pieces');
      await until('its own is answered', async () => (await published()).includes('accepted: 7 pieces') && isIdle());
      expect(await published()).not.toMatch(/accepted: [56] pieces/);
    });
  });

  test('a change of an alarm reaches the topic, whose key allows EventBridge', async () => {
    const inbox = local.queues.create('inbox', {
      Policy: JSON.stringify({
        Statement: { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
      }),
    });
    const topic = local.topics.arns().find((arn) => arn.includes('AlarmTarget')) ?? '';
    local.topics.subscribe(topic, 'sqs', inbox.arn, { RawMessageDelivery: 'true' });
    const changed = (alarmName: string) => put('aws.cloudwatch', 'CloudWatch Alarm State Change', { alarmName, state: { value: 'ALARM' } });
    await changed('somebody-elses');
    await changed('LanesStagingOrders-Audited');
    expect(inbox.bodies()).toEqual(['"LanesStagingOrders-Audited is now ALARM"']);
  });
});
