import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventPermissions } from '../../../packages/assembly-local/events/permissions.ts';
import { appliesTo, compilePolicy } from '../../../packages/assembly-local/iam/policy.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import { ROOT } from '../../docs/commands/extract.ts';
import { until } from '../../support/until.ts';
import { clientSettings, type InProcessRun, startInProcess } from '../support/in-process.ts';
import { connectOver, transportsOf } from '../support/transports.ts';

/** docs/publish.md against the local run: its JavaScript as it stands, and the JSON of its commands by the API calls that they make. */
const PAGE = readFileSync(join(ROOT, 'docs', 'publish.md'), 'utf8');

/** The code blocks of a language below a heading, up to the next one. */
function blocks(heading: string, language: string): readonly string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(PAGE) ?? [];
  const found = [...section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);
  if (found.length === 0) throw new Error(`docs/publish.md has no ${language} below ${heading}`);
  return found;
}

const json = (heading: string, index = 0) => JSON.parse(blocks(heading, 'json')[index] ?? '');

let world: InProcessRun;
let directory: string;
let events: EventBridgeClient;
let lambda: LambdaClient;
let FunctionName: string;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
  directory = mkdtempSync(join(tmpdir(), 'lanes-publish-page-'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const settings = clientSettings(world.run.urls.endpoint);
  events = new EventBridgeClient(settings);
  lambda = new LambdaClient(settings);
  FunctionName = outputOf(world.run, 'PublishFunctionName');
});

afterAll(async () => {
  events.destroy();
  lambda.destroy();
  await world.run.close();
  rmSync(directory, { recursive: true });
});

/** Runs JavaScript as the page tells a reader to try it. */
async function run(code: string): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const program = join(directory, 'snippet.mjs');
  writeFileSync(program, code);
  // Not synchronously: what the program calls is in this process.
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      AWS_ENDPOINT_URL: world.run.urls.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'text',
      PUBLISH_FUNCTION: FunctionName,
    },
  });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, stdout, stderr };
}

/** What is published on the channel from now on, over whichever lane there is. */
async function subscribe(): Promise<{ readonly events: { readonly type: string; readonly data: string }[]; close(): void }> {
  const [transport = 'sse'] = transportsOf(world.run.urls);
  const connection = connectOver(transport, world.run.urls);
  const subscription = connection.subscribe('orders');
  const events: { readonly type: string; readonly data: string }[] = [];
  subscription.addEventListener('event', ({ detail }) => events.push({ type: detail.type, data: detail.data }));
  await subscription.ready;
  return { events, close: () => connection.close() };
}

async function invoke(publication: object): Promise<{ readonly error: string | undefined; readonly answer: Record<string, string> }> {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(publication) }));
  return { error: FunctionError, answer: JSON.parse(Payload?.transformToString() ?? '') };
}

describe('an event on the bus', () => {
  test('is published once, from the JSON of the command and from JavaScript: both have one key', async () => {
    const { events: published, close } = await subscribe();
    const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: json('Put an event') }));
    expect(FailedEntryCount).toBe(0);
    await until('it is published', () => published.length > 0);
    expect(published).toEqual([{ type: 'created', data: 'order 17' }]);

    const { status, stdout, stderr } = await run(blocks('Put an event', 'js')[0] ?? '');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);

    // What comes behind it shows that the second one was not published again.
    const marker = await invoke({ channel: 'orders', data: 'marker' });
    expect(marker.error).toBeUndefined();
    await until('the marker is published', () => published.length > 1);
    expect(published.map(({ data }) => data)).toEqual(['order 17', 'marker']);
    close();
  });

  test('that is refused ends the program of the page with an error', async () => {
    const code = blocks('Put an event', 'js')[0]?.replace('Detail: JSON.stringify(publication)', "Detail: 'not JSON'") ?? '';
    const { status, stderr } = await run(code);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/not on the bus: .*MalformedDetail/);
  });
});

describe('the function', () => {
  const [code = ''] = blocks('Invoke the function', 'js');

  test('returns the id, from the JSON of the command and from JavaScript', async () => {
    const { error, answer } = await invoke(json('Invoke the function'));
    expect(error).toBeUndefined();
    expect(Object.keys(answer)).toEqual(Object.keys(json('Invoke the function', 1)));
    const { status, stdout, stderr } = await run(code);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`${answer['id']}\n`);
  });

  test('refuses a key that stands for other content, as the page says', async () => {
    const publication = { ...json('Invoke the function'), key: 'taken' };
    await invoke(publication);
    const { answer } = await invoke({ ...publication, data: 'something else' });
    expect(answer['errorType']).toBe('IdempotencyConflictError');
    const { status, stderr } = await run(code.replace('order-18-created', 'taken').replace('order 18', 'something else'));
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/not published: IdempotencyConflictError/);
  });

  test('publishes bytes, from the JSON of the page', async () => {
    const { events: published, close } = await subscribe();
    const bytes = { ...json('Bytes'), channel: 'orders' };
    expect((await invoke(bytes)).error).toBeUndefined();
    await until('the bytes have come', () => published.some(({ data }) => data === bytes.data));
    close();
  });

  test('refuses invalid input, as the page says', async () => {
    expect((await invoke({ channel: 'a b', data: '' })).answer['errorType']).toBe('InvalidInputError');
    expect((await invoke({ channel: 'orders', data: 'x'.repeat(97 * 1024) })).answer['errorType']).toBe('InvalidInputError');
  });
});

describe('several events at once', () => {
  const batch = json('Several events at once');
  const data = batch.events.map((event: { readonly data: string }) => event.data);

  test('are answered as the page says by the function, and come in their order, once', async () => {
    const { events: published, close } = await subscribe();
    const first = await invoke(batch);
    expect(first.error).toBeUndefined();
    const { channel, events: results } = json('Several events at once', 1);
    expect(first.answer).toEqual({
      channel,
      events: results.map(() => ({ id: expect.stringMatching(/^[a-z0-9]+\.\d+$/), publishedAt: expect.any(String) })),
    });
    expect(await invoke(batch)).toEqual(first);
    expect((await invoke({ channel: 'orders', data: 'behind' })).error).toBeUndefined();
    await until('what comes behind is there', () => published.at(-1)?.data === 'behind');
    expect(published).toEqual([...batch.events, { type: 'message', data: 'behind' }]);
    close();
  });

  test('are published from the bus', async () => {
    const { events: published, close } = await subscribe();
    const [entry] = json('Put an event');
    const Detail = JSON.stringify({ ...batch, key: 'from-the-bus' });
    expect(await events.send(new PutEventsCommand({ Entries: [{ ...entry, Detail }] }))).toMatchObject({ FailedEntryCount: 0 });
    await until('all are there', () => published.length === data.length);
    expect(published).toEqual(batch.events);
    close();
  });

  test('are refused as a whole if one is not valid, and the error says which', async () => {
    const { answer } = await invoke({ channel: 'orders', events: [...batch.events, { type: 'a b', data: '' }] });
    expect(answer).toMatchObject({
      errorType: 'InvalidInputError',
      errorMessage: expect.stringMatching(/^events\[2\]: type "a b" is not/),
    });
  });

  test('are published by a user, over every lane that there is', async () => {
    const transports = transportsOf(world.run.urls);
    expect(transports).not.toEqual([]);
    for (const transport of transports) {
      const { events: published, close } = await subscribe();
      const connection = connectOver(transport, world.run.urls);
      expect(await connection.publishAll('orders', batch.events)).toHaveLength(data.length);
      await until('all are there', () => published.length === data.length);
      expect(published).toEqual(batch.events);
      connection.close();
      close();
    }
  });
});

test('the IAM statement allows what the page does, and no other event and no other function', () => {
  const statements = compilePolicy(json('The IAM statement'), 'the page');
  const allows = (action: string, resource: string) =>
    statements.some((statement) => appliesTo(statement, { action, resource, context: {} }));
  const bus = (name: string) => `arn:aws:events:us-east-1:111122223333:event-bus/${name}`;
  expect(allows('events:PutEvents', bus('LanesDevBackbone'))).toBe(true);
  expect(allows('events:PutEvents', bus('LanesProdBackbone'))).toBe(false);
  expect(allows('lambda:InvokeFunction', 'arn:aws:lambda:us-east-1:111122223333:function:PUBLISH_FUNCTION')).toBe(true);
  expect(allows('lambda:InvokeFunction', 'arn:aws:lambda:us-east-1:111122223333:function:other')).toBe(false);

  // The local run asks for the same, entry by entry.
  const needs = eventPermissions('us-east-1')['PutEvents']?.({ Entries: json('Put an event') });
  expect(needs).toMatchObject([{ action: 'events:PutEvents', resource: expect.stringMatching(/:event-bus\/LanesDevBackbone$/) }]);
});

test.each([...blocks('Put an event', 'python'), ...blocks('Invoke the function', 'python')])('the Python can be parsed: %#', (code) => {
  const { status, stderr } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: code,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
