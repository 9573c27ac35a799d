import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Resource } from '../../assembly/resolve.ts';
import { EventBuses } from '../../events/event-buses.ts';
import { eventOperations } from '../../events/operations.ts';
import { Functions } from '../../functions/functions.ts';
import type { Queue } from '../../queues/queue.ts';
import { Queues } from '../../queues/queues.ts';
import { Topics } from '../../topics/topics.ts';
import { OPEN_POLICY } from '../support/access.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { testLog } from '../support/log.ts';

let endpoint: TestEndpoint;
let queues: Queues;
let queue: Queue;
let events: EventBridgeClient;
let buses: EventBuses;
let lines: string[];

beforeEach(async () => {
  endpoint = await startEndpoint();
  queues = new Queues({ region: 'us-east-1', account: '000000000000', endpoint: endpoint.url });
  queue = queues.create('target', { Policy: OPEN_POLICY });
  events = new EventBridgeClient(endpoint.client);
});

afterEach(() => {
  buses.close();
  events.destroy();
  queues.close();
  endpoint.close();
});

function rule(properties: Resource['properties']): Resource {
  return {
    type: 'AWS::Events::Rule',
    stack: 'App',
    logicalId: 'Rule',
    region: 'us-east-1',
    ref: 'rule',
    name: 'rule',
    attributes: { Arn: 'arn:aws:events:us-east-1:000000000000:rule/rule' },
    properties: { Targets: [{ Arn: queue.arn }], ...properties },
  };
}

function start(...resources: Resource[]): void {
  const { log, lines: kept } = testLog();
  lines = kept;
  const functions = new Functions({ functions: [], asyncSettings: new Map(), queues, log });
  buses = new EventBuses({ resources, region: 'us-east-1', functions, queues, log });
  endpoint.serve({ json: { AWSEvents: eventOperations(buses) } });
}

async function received(): Promise<unknown[]> {
  return (await queue.receive({ max: 10, waitSeconds: 0 }, new AbortController().signal)).map(({ body }) => JSON.parse(body));
}

test('an event that matches reaches the target, as EventBridge wraps it', async () => {
  start(rule({ EventPattern: { 'detail-type': ['lanes.publish'] } }));
  const put = (DetailType: string) =>
    events.send(new PutEventsCommand({ Entries: [{ Source: 'test', DetailType, Detail: '{"channel":"demo"}', Resources: ['r'] }] }));
  await put('other');
  const { Entries, FailedEntryCount } = await put('lanes.publish');
  expect(FailedEntryCount).toBe(0);
  expect(await received()).toEqual([
    {
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'lanes.publish',
      source: 'test',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: ['r'],
      detail: { channel: 'demo' },
    },
  ]);
});

describe('a bus of the templates', () => {
  const put = (EventBusName?: string) =>
    events.send(
      new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: 'x', Detail: `{"bus":"${EventBusName}"}`, EventBusName }] }),
    );

  function startWithBus(): void {
    const bus = { ...rule({}), type: 'AWS::Events::EventBus', logicalId: 'Bus', ref: 'orders', name: 'orders' };
    start(bus, rule({ EventPattern: { source: ['test'] }, EventBusName: 'orders' }));
  }

  test('gets the events that name it, by its name or its ARN, and its rules see no others', async () => {
    startWithBus();
    const arn = 'arn:aws:events:us-east-1:000000000000:event-bus/orders';
    for (const name of ['orders', arn, 'default', undefined]) await put(name);
    expect((await received()).map((event) => (event as { detail: { bus: string } }).detail.bus)).toEqual(['orders', arn]);
  });

  test('that there is not takes an event as EventBridge does, loses it, and the log says so', async () => {
    startWithBus();
    expect(await put('order')).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    expect(await received()).toEqual([]);
    expect(lines.join('')).toContain('an event is lost: there is no event bus order, only default, orders');
  });
});

test('a bad entry fails alone', async () => {
  start(rule({ EventPattern: { source: ['test'] } }));
  const answer = await events.send(
    new PutEventsCommand({
      Entries: [
        { Source: 'test', DetailType: 'a', Detail: 'not JSON' },
        { Source: 'test', DetailType: 'b', Detail: '{}' },
        { Source: 'test', Detail: '{}' },
      ],
    }),
  );
  expect(answer.FailedEntryCount).toBe(2);
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual(['MalformedDetail', undefined, 'InvalidArgument']);
  expect(await received()).toHaveLength(1);
});

test('a disabled rule does nothing', async () => {
  start(rule({ EventPattern: { source: ['test'] }, State: 'DISABLED' }));
  buses.put({ source: 'test', detailType: 'x', detail: {} });
  expect(await received()).toEqual([]);
});

test('a constant input replaces the event', async () => {
  start(rule({ EventPattern: { source: ['test'] }, Targets: [{ Arn: queue.arn, Input: '{"fixed":true}' }] }));
  buses.put({ source: 'test', detailType: 'x', detail: {} });
  expect(await received()).toEqual([{ fixed: true }]);
});

test('a schedule fires at its rate', async () => {
  start(rule({ ScheduleExpression: 'rate(5 minutes)' }));
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'Date'] });
  try {
    buses.start();
    jest.advanceTimersByTime(10 * 60_000);
  } finally {
    jest.useRealTimers();
  }
  expect(await received()).toMatchObject([{ 'detail-type': 'Scheduled Event' }, { 'detail-type': 'Scheduled Event' }]);
});

test('a target that the assembly does not have is an error that names it', () => {
  expect(() => start(rule({ EventPattern: {}, Targets: [{ Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m' }] }))).toThrow(
    /arn:aws:states/,
  );
  start();
});

test('each target gets what its own input makes of the event', async () => {
  const InputTransformer = { InputPathsMap: { order: '$.detail.order' }, InputTemplate: '{"rule":<aws.events.rule-name>,"order":<order>}' };
  const Targets = [{ Arn: queue.arn, InputTransformer }, { Arn: queue.arn, InputPath: '$.detail' }, { Arn: queue.arn }];
  start(rule({ EventPattern: { source: ['test'] }, Targets }));
  buses.put({ source: 'test', detailType: 'x', detail: { order: 7 } });
  expect(await received()).toEqual([{ rule: 'rule', order: 7 }, { order: 7 }, expect.objectContaining({ detail: { order: 7 } })]);
});

test('an input path that cannot be read is an error that names the rule', () => {
  const failing = () => start(rule({ EventPattern: {}, Targets: [{ Arn: queue.arn, InputPath: 'detail' }] }));
  expect(failing).toThrow(expect.objectContaining({ resource: expect.objectContaining({ logicalId: 'Rule' }) }));
  start();
});

describe('a topic as target', () => {
  const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

  function startWithTopic(publishDeniedBy: () => string | undefined, Targets: Resource['properties'][] = [{ Arn: TOPIC }]): void {
    const { log, lines: kept } = testLog();
    lines = kept;
    const topics = new Topics({ queues, faults: {}, log });
    topics.create(TOPIC);
    topics.subscribe(TOPIC, 'sqs', queue.arn, { RawMessageDelivery: 'true' });
    const functions = new Functions({ functions: [], asyncSettings: new Map(), queues, log });
    const resources = [rule({ EventPattern: { source: ['test'] }, Targets })];
    buses = new EventBuses({ resources, region: 'us-east-1', functions, queues, topics, publishDeniedBy, log });
  }

  test('passes the event to its subscribers', async () => {
    startWithTopic(() => undefined);
    buses.put({ source: 'test', detailType: 'x', detail: { order: 7 } });
    expect(await received()).toEqual([expect.objectContaining({ source: 'test', detail: { order: 7 } })]);
  });

  test('gets what the input transformer makes of it', async () => {
    const InputTransformer = { InputPathsMap: { order: '$.detail.order' }, InputTemplate: '"order <order> is late"' };
    startWithTopic(() => undefined, [{ Arn: TOPIC, InputTransformer }]);
    buses.put({ source: 'test', detailType: 'x', detail: { order: 7 } });
    expect(await received()).toEqual(['order 7 is late']);
  });

  test('gets nothing if its policy denies the rule, and the log names it', async () => {
    startWithTopic(() => 'the key k');
    buses.put({ source: 'test', detailType: 'x', detail: {} });
    expect(await received()).toEqual([]);
    expect(lines.join('')).toMatch(/AccessDenied: EventBridge may not send to .*:alarms for .*rule\/rule: the policy of the key k/);
  });
});

test('a target whose policy denies the rule gets nothing, its dead-letter queue does, and the log names it', async () => {
  const closed = queues.create('closed');
  start(rule({ EventPattern: { source: ['test'] }, Targets: [{ Arn: closed.arn, DeadLetterConfig: { Arn: queue.arn } }] }));
  buses.put({ source: 'test', detailType: 'x', detail: {} });
  expect(closed.bodies()).toEqual([]);
  const [dead] = await queue.receive({ waitSeconds: 0 }, new AbortController().signal);
  expect(dead?.messageAttributes).toMatchObject({ ERROR_CODE: { StringValue: 'NO_PERMISSIONS' }, TARGET_ARN: { StringValue: closed.arn } });
  expect(lines.join('')).toMatch(/AccessDenied: EventBridge may not send to arn:aws:sqs:us-east-1:000000000000:closed for .*rule\/rule/);
});

test('if the dead-letter queue denies it too, the event is lost', () => {
  const [closed, dead] = [queues.create('closed'), queues.create('dead')];
  start(rule({ EventPattern: { source: ['test'] }, Targets: [{ Arn: closed.arn, DeadLetterConfig: { Arn: dead.arn } }] }));
  buses.put({ source: 'test', detailType: 'x', detail: {} });
  expect([...closed.bodies(), ...dead.bodies()]).toEqual([]);
});
