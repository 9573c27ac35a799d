import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { until } from '../../../test/support/until.ts';
import { type LocalRun, startLocalRun } from '../run.ts';
import type { TaskService } from '../tasks/task-service.ts';
import { OPEN_POLICY } from './support/access.ts';
import { type TestApp, writeApp } from './support/app.ts';
import { closeOf, opened } from './support/gateway.ts';
import { testLog } from './support/log.ts';

const TICK = {
  Tick: {
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression: 'rate(1 hour)', Targets: [{ Id: 'T', Arn: { 'Fn::GetAtt': ['Ticks', 'Arn'] } }] },
  },
  Ticks: { Type: 'AWS::SQS::Queue' },
  TicksPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: 'Ticks' }], PolicyDocument: JSON.parse(OPEN_POLICY) },
  },
};

/** What the app's own queue of stopped tasks does not get. */
const LEAVING = {
  Leaving: { Type: 'AWS::SQS::Queue' },
  LeavingRule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventPattern: { source: ['aws.ecs'], detail: { desiredStatus: ['STOPPED'], lastStatus: [{ 'anything-but': 'STOPPED' }] } },
      Targets: [{ Id: 'T', Arn: { 'Fn::GetAtt': ['Leaving', 'Arn'] } }],
    },
  },
  LeavingPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: 'Leaving' }], PolicyDocument: JSON.parse(OPEN_POLICY) },
  },
};

let app: TestApp;
let run: LocalRun;
let service: TaskService;
let database: DynamoDBClient;
let TableName: string;

beforeAll(async () => {
  app = writeApp({
    serviceEnv: { LANES_SETTINGS: '{"heartbeatIntervalMs":15000,"maxStreams":7}', OTHER: '{}' },
    resources: { ...TICK, ...LEAVING },
  });
  const settings = { heartbeatIntervalMs: 50 };
  run = await startLocalRun({ assemblyDir: app.directory, tasks: 1, settings, log: testLog().log });
  service = run.services[0] as TaskService;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  database = new DynamoDBClient({ endpoint: run.urls.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  TableName = (await database.send(new ListTablesCommand({}))).TableNames?.[0] ?? '';
});

afterEach(() => {
  Object.assign(run.faults, { database: undefined, loseTaskEvent: undefined });
});

afterAll(async () => {
  database.destroy();
  await run.close();
  app.remove();
});

const put = (pk: string) => database.send(new PutItemCommand({ TableName, Item: { pk: { S: pk } } }));
const exists = async (pk: string) => (await database.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }))).Item !== undefined;
const queue = (name: string) => run.queues.list().find((candidate) => candidate.name.startsWith(`App-${name}-`));

async function openStream(): Promise<IncomingMessage> {
  const [response] = await once(get(`${run.urls.http}/stream`, { agent: false }), 'response');
  response.on('error', () => undefined);
  return response.resume();
}

test('a throttled database request is not carried out, and the SDK knows the error', async () => {
  run.faults.database = (operation) => (operation === 'PutItem' ? { kind: 'throttle' } : undefined);
  await expect(put('throttled')).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
  expect(await exists('throttled')).toBe(false);
});

test('a delayed database request is carried out later', async () => {
  run.faults.database = () => ({ kind: 'delay', ms: 200 });
  const startMs = performance.now();
  await put('delayed');
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(190);
});

test('a database request whose answer is lost is carried out', async () => {
  run.faults.database = (operation) => (operation === 'PutItem' ? { kind: 'loseAnswer' } : undefined);
  await expect(put('answer lost')).rejects.toThrow();
  expect(await exists('answer lost')).toBe(true);
});

test('the event that a task has stopped can be lost', async () => {
  run.faults.loseTaskEvent = (_, status) => status === 'STOPPED';
  const [victim] = service.tasks;
  await service.kill(victim?.id ?? '');
  await until('another task takes requests', async () => (await fetch(run.urls.http)).status === 200);
  // An event of a task that another test has stopped may still come.
  expect(
    queue('Stopped')
      ?.bodies()
      .filter((body) => body.includes(victim?.id ?? '')),
  ).toEqual([]);
});

/** What ECS tells about the end of a task before it has stopped. */
async function toldOfTheEnd(): Promise<readonly string[]> {
  const task = await service.start();
  await service.stop(task.id, { deregistrationDelayMs: 0 });
  const details =
    queue('Leaving')
      ?.bodies()
      .map((body) => JSON.parse(body).detail) ?? [];
  return details.filter(({ taskArn }) => taskArn === task.arn).map(({ lastStatus }) => lastStatus);
}

test('that a task is to stop is told when the load balancer takes it out, and with SIGTERM', async () => {
  expect(await toldOfTheEnd()).toEqual(['DEACTIVATING', 'STOPPING']);
});

test('either can be lost', async () => {
  run.faults.loseTaskEvent = (_, status) => status === 'DEACTIVATING';
  expect(await toldOfTheEnd()).toEqual(['STOPPING']);
});

test('a setting takes the place of the one that the template sets, and leaves the others', () => {
  const env = service.options.env('task', 1);
  expect(JSON.parse(env['LANES_SETTINGS'] ?? '')).toEqual({ heartbeatIntervalMs: 50, maxStreams: 7 });
  expect(env['OTHER']).toBe('{}');
});

test('an open stream can be cut off', async () => {
  const stream = await openStream();
  const [listener] = run.listeners.filter(({ protocol }) => protocol === 'http');
  const [exchange] = listener?.exchanges ?? [];
  expect(exchange).toMatchObject({ method: 'GET', path: '/stream' });
  exchange?.cut();
  await until('the client notices', () => stream.closed);
  await until('the exchange is over', () => listener?.exchanges.length === 0);
});

test('a socket can be cut off, without a close frame', async () => {
  const socket = await opened(new WebSocket(run.urls.websocket));
  const closing = closeOf(socket);
  const [gateway] = run.gateways;
  gateway?.cut(gateway.openConnections[0] ?? '');
  expect((await closing).code).toBe(1006);
});

test('schedules can be fired out of their time', async () => {
  run.fireSchedules();
  await until('a message', () => (queue('Ticks')?.bodies().length ?? 0) === 1);
  expect(JSON.parse(queue('Ticks')?.bodies()[0] ?? '')).toMatchObject({ 'detail-type': 'Scheduled Event' });
});

test('queues can be made older', () => {
  const before = queue('Jobs')?.createdAtMs ?? 0;
  run.queues.age(1_000);
  expect(queue('Jobs')?.createdAtMs).toBe(before - 1_000);
});
