import { once } from 'node:events';
import { get, request } from 'node:http';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { until } from '../../../test/support/until.ts';
import { UnknownResourceTypeError, UnsupportedTemplateError } from '../assembly/errors.ts';
import { type LocalRun, startLocalRun } from '../run.ts';
import { TaskFailedError, type TaskService } from '../tasks/task-service.ts';
import { type TestApp, writeApp } from './support/app.ts';
import { nextMessage, opened } from './support/gateway.ts';
import { testLog } from './support/log.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const start = (app: TestApp, tasks = 2) => startLocalRun({ assemblyDir: app.directory, tasks, log: testLog().log });

describe('a running app', () => {
  let app: TestApp;
  let run: LocalRun;
  let service: TaskService;
  let client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

  beforeAll(async () => {
    app = writeApp();
    run = await start(app);
    service = run.services[0] as TaskService;
    client = { endpoint: run.urls.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  });

  afterAll(async () => {
    await run.close();
    app.remove();
  });

  const untilHealthy = (count: number) =>
    until(`${count} healthy tasks`, () => {
      const targets = service.options.targetGroup?.targets ?? [];
      return targets.length === count && targets.every(({ state }) => state === 'healthy');
    });

  test('everything listens on the loopback interface, and no URL ends in a slash', () => {
    const { console: page, ...urls } = run.urls;
    for (const url of Object.values(urls)) expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(Object.values(urls).filter((url) => url.endsWith('/'))).toEqual([]);
    // The service has no console.
    expect(page).toBe('');
  });

  test('outputs have local addresses', () => {
    expect(run.outputs['App']).toEqual({
      WebSocketUrl: run.urls.websocket,
      HttpUrl: run.urls.http,
      QueueUrl: expect.stringMatching(new RegExp(`^${run.urls.endpoint}/000000000000/App-Jobs-`)),
    });
  });

  test('the tables of the templates exist', async () => {
    const dynamo = new DynamoDBClient(client);
    const TableName = run.functions.names().length > 0 ? ((await functionEnv(run))['TABLE'] ?? '') : '';
    await dynamo.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, n: { N: '1' } } }));
    const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } }, ConsistentRead: true }));
    expect(Item?.['n']?.N).toBe('1');
    dynamo.destroy();
  });

  test('a request that breaks off in the middle harms nobody', async () => {
    const broken = request(run.urls.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-length': '1000' },
    });
    broken.on('error', () => undefined);
    broken.write('{"half":');
    await once(broken, 'socket');
    await new Promise<void>((resolve) => setImmediate(resolve));
    broken.destroy();
    expect((await fetch(run.urls.http)).status).toBe(200);
  });

  test('the topic delivers to the queue that the template subscribes', async () => {
    const [sns, sqs] = [new SNSClient(client), new SQSClient(client)];
    const TopicArn = run.topics.arns()[0];
    await sns.send(new PublishCommand({ TopicArn, Message: 'hello' }));
    const QueueUrl = String(run.outputs['App']?.['QueueUrl']);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    expect(Messages?.[0]?.Body).toBe('hello');
    sns.destroy();
    sqs.destroy();
  });

  test('a function answers through the address that its environment names', async () => {
    const env = await functionEnv(run);
    expect(env).toMatchObject({
      AWS_ENDPOINT_URL: run.urls.endpoint,
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: run.urls.websocket.replace('ws:', 'http:'),
      QUEUE_URL: run.outputs['App']?.['QueueUrl'],
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: expect.stringMatching(/^App-Function-/),
    });
    expect(env['HOME']).toBeUndefined();
  });

  test('requests are spread over the tasks', async () => {
    const pids = await Promise.all(Array.from({ length: 8 }, async () => (await fetch(run.urls.http)).text()));
    expect(new Set(pids).size).toBe(2);
  });

  test('a task has the environment of image and template, and its metadata', async () => {
    const env = await (await fetch(`${run.urls.http}/env`)).json();
    expect(env).toMatchObject({ FROM_IMAGE: 'yes', HOST: '127.0.0.1', AWS_ENDPOINT_URL: run.urls.endpoint });
    const { TaskARN, Cluster, KnownStatus } = env.metadata;
    expect(service.tasks.map(({ arn }) => arn)).toContain(TaskARN);
    expect([Cluster, KnownStatus]).toEqual([service.options.clusterArn, 'RUNNING']);
  });

  test('ECS lists and describes the tasks', async () => {
    const ecs = new ECSClient(client);
    const cluster = service.options.clusterArn;
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster }));
    expect(taskArns?.toSorted()).toEqual(service.tasks.map(({ arn }) => arn).toSorted());
    const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [...(taskArns ?? []), 'nobody'] }));
    expect(tasks?.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    expect(failures).toEqual([{ arn: 'nobody', reason: 'MISSING' }]);
    await expect(ecs.send(new ListTasksCommand({ cluster: 'another' }))).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
    ecs.destroy();
  });

  test('ECS lists a task that drains under STOPPED, and the task itself does not see that', async () => {
    const ecs = new ECSClient(client);
    const cluster = service.options.clusterArn;
    const task = await service.start();
    // It drains for as long as it has a request that came through the balancer.
    const target = service.options.targetGroup?.targets.find(({ port }) => port === task.port);
    target?.begin();
    const stopping = service.stop(task.id, { deregistrationDelayMs: 60_000 });
    const arns = async (desiredStatus: 'RUNNING' | 'STOPPED') =>
      (await ecs.send(new ListTasksCommand({ cluster, desiredStatus }))).taskArns;
    expect(await arns('RUNNING')).not.toContain(task.arn);
    expect(await arns('STOPPED')).toContain(task.arn);
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [task.arn] }));
    expect(tasks).toMatchObject([{ lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' }]);
    const metadata = await (await fetch(`${service.options.env(task.id, 0)['ECS_CONTAINER_METADATA_URI_V4']}/task`)).json();
    expect(metadata).toMatchObject({ KnownStatus: 'RUNNING', DesiredStatus: 'RUNNING' });
    target?.end();
    await stopping;
    ecs.destroy();
  });

  test('a killed task is replaced, and its end is told', async () => {
    const [victim] = service.tasks;
    await service.kill(victim?.id ?? '');
    await untilHealthy(2);
    const stopped = run.queues.list().find(({ name }) => name.startsWith('App-Stopped'));
    // Other tests may have stopped tasks before.
    const told = () => stopped?.bodies().map((body) => JSON.parse(body)) ?? [];
    await until('its end is told', () => told().some(({ detail }) => detail.taskArn === victim?.arn));
    expect(told().find(({ detail }) => detail.taskArn === victim?.arn)).toMatchObject({
      'detail-type': 'ECS Task State Change',
      source: 'aws.ecs',
      detail: { lastStatus: 'STOPPED', group: `service:${service.options.name}` },
    });
  });

  test('a stopped task keeps its open requests for the deregistration delay, gets no new ones, and is not replaced', async () => {
    const task = await service.start();
    const [response] = await once(get(`http://127.0.0.1:${task.port}/stream`, { agent: false }), 'response');
    response.resume();
    const startMs = Date.now();
    // The request above bypassed the balancer; these go through it.
    const streams = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async () => (await once(get(`${run.urls.http}/stream`, { agent: false }), 'response'))[0]),
    );
    await service.stop(task.id);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(1000);
    expect(task.status).toBe('STOPPED');
    expect(service.tasks).toHaveLength(2);
    for (const stream of streams) stream.destroy();
  });
});

/** The environment that the app’s function sees. */
async function functionEnv(run: LocalRun): Promise<Record<string, string>> {
  const socket = await opened(new WebSocket(run.urls.websocket));
  socket.send('hello');
  const { body, env } = (await nextMessage(socket)) as { body: string; env: Record<string, string> };
  expect(body).toBe('hello');
  socket.terminate();
  return env;
}

describe('the end', () => {
  let app: TestApp | undefined;

  afterEach(() => app?.remove());

  test('closing leaves no process and no listener, even with open streams', async () => {
    app = writeApp();
    const run = await start(app);
    await functionEnv(run);
    const [stream] = await once(get(`${run.urls.http}/stream`, { agent: false }), 'response');
    stream.resume();
    stream.on('error', () => undefined);
    const pids = run.services[0]?.tasks.flatMap(({ pid }) => pid ?? []) ?? [];
    expect(pids.every(isAlive)).toBe(true);
    await run.close();
    await until('all processes are gone', () => !pids.some(isAlive));
    for (const url of [run.urls.http, run.urls.endpoint]) await expect(fetch(url)).rejects.toThrow();
  });

  test('a task that ignores SIGTERM is killed', async () => {
    app = writeApp({ serviceEnv: { STUBBORN: '1' } });
    const run = await start(app, 1);
    const [task] = run.services[0]?.tasks ?? [];
    await run.close();
    expect(await task?.exited).toBe(137);
  });

  test('closing twice is no error', async () => {
    app = writeApp();
    const run = await start(app, 1);
    await run.close();
    await run.close();
  });
});

describe('what cannot run', () => {
  let app: TestApp;

  afterEach(() => app.remove());

  test('an unknown resource type is an error that names it', async () => {
    app = writeApp({ resources: { Cache: { Type: 'AWS::ElastiCache::ServerlessCache' } } });
    await expect(start(app)).rejects.toThrow(UnknownResourceTypeError);
    await expect(start(app)).rejects.toThrow(/AWS::ElastiCache::ServerlessCache \(Cache in stack App\)/);
  });

  test.each<[string, Parameters<typeof writeApp>[0], RegExp]>([
    [
      'another runtime',
      {
        resources: {
          F: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'f.zip' }, Handler: 'a.b', Runtime: 'python3.13', Role: 'r' } },
        },
      },
      /python3\.13/,
    ],
    [
      'inline code',
      {
        resources: {
          F: { Type: 'AWS::Lambda::Function', Properties: { Code: { ZipFile: 'x' }, Handler: 'a.b', Runtime: 'nodejs24.x', Role: 'r' } },
        },
      },
      /F: its code/,
    ],
    [
      'a cron schedule',
      { resources: { R: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'cron(0 1 * * ? *)' } } } },
      /cron\(0 1/,
    ],
    ['a FIFO queue', { resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } } }, /Q in stack App.*FIFO/],
    [
      'a target group with HTTP/2 targets',
      {
        resources: { T: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { Protocol: 'HTTP', ProtocolVersion: 'HTTP2' } } },
      },
      /T in stack App.*HTTP\/1\.1/,
    ],
  ])('%s is an error that names it', async (_, options, message) => {
    app = writeApp(options ?? {});
    await expect(start(app)).rejects.toThrow(UnsupportedTemplateError);
    await expect(start(app)).rejects.toThrow(message);
  });

  test('a task that fails to start is an error, and nothing is left running', async () => {
    app = writeApp({ serviceEnv: { FAIL: '1' } });
    const { log, lines } = testLog();
    await expect(startLocalRun({ assemblyDir: app.directory, tasks: 1, log })).rejects.toThrow(TaskFailedError);
    expect(lines.join('')).toMatch(/cannot start/);
  });
});
