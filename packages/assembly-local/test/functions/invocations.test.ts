import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AsyncSettings } from '../../functions/functions.ts';
import { Functions } from '../../functions/functions.ts';
import { handleInvoke } from '../../functions/invoke-api.ts';
import type { Queue } from '../../queues/queue.ts';
import { Queues } from '../../queues/queues.ts';
import { accountWithoutRoles } from '../support/access.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { testFunction } from '../support/functions.ts';
import { testLog } from '../support/log.ts';

let endpoint: TestEndpoint;
let queues: Queues;
let deadLetters: Queue;
let functions: Functions;
let lambda: LambdaClient;
let asyncSettings: Map<string, AsyncSettings>;
let lines: string[];

beforeAll(async () => {
  endpoint = await startEndpoint();
  queues = new Queues({ region: 'us-east-1', account: '000000000000', endpoint: endpoint.url });
  deadLetters = queues.create('dead');
  asyncSettings = new Map();
  const { log, lines: kept } = testLog();
  lines = kept;
  functions = new Functions({
    functions: ['echo', 'fail'].map((handler) => testFunction(handler, { aliases: ['live'] }).fn),
    asyncSettings,
    queues,
    log,
  });
  endpoint.serve({
    lambda: (request, response) => void handleInvoke(request, response, { functions, access: accountWithoutRoles().access }),
  });
  lambda = new LambdaClient(endpoint.client);
});

beforeEach(() => {
  asyncSettings.clear();
  deadLetters.purge();
});

afterAll(async () => {
  lambda.destroy();
  await functions.close();
  queues.close();
  endpoint.close();
});

const invoke = (FunctionName: string, payload: unknown, type: 'RequestResponse' | 'Event' = 'RequestResponse') =>
  lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), InvocationType: type }));

test.each(['echo', 'echo:live', 'arn:aws:lambda:us-east-1:000000000000:function:echo', '000000000000:function:echo'])(
  'the real client invokes the function %s',
  async (name) => {
    const { Payload, StatusCode, ExecutedVersion, FunctionError } = await invoke(name, { a: 1 });
    expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({ event: { a: 1 } });
    expect({ StatusCode, ExecutedVersion, FunctionError }).toEqual({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      FunctionError: undefined,
    });
  },
);

test('an error of the function is a FunctionError with its type and message', async () => {
  const { FunctionError, Payload, StatusCode } = await invoke('fail', {});
  expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
  expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'TypeError', errorMessage: 'bad input' });
});

test.each(['nobody', 'echo:nowhere'])('an unknown function or alias is ResourceNotFoundException: %s', async (name) => {
  await expect(invoke(name, {})).rejects.toBeInstanceOf(ResourceNotFoundException);
});

test('a payload that is not JSON is refused', async () => {
  const broken = lambda.send(new InvokeCommand({ FunctionName: 'echo', Payload: '{' }));
  await expect(broken).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
});

test('an asynchronous invocation is answered at once', async () => {
  expect((await invoke('echo', {}, 'Event')).StatusCode).toBe(202);
});

test('an event that keeps failing goes to the dead-letter queue unchanged', async () => {
  asyncSettings.set('fail', { maxRetries: 0, deadLetterArn: deadLetters.arn });
  await invoke('fail', { poison: true }, 'Event');
  const [message] = await deadLetters.receive({ waitSeconds: 5 }, new AbortController().signal);
  expect(JSON.parse(message?.body ?? '')).toEqual({ poison: true });
  expect(message?.messageAttributes['ErrorMessage']?.StringValue).toBe('bad input');
});

test('an OnFailure destination gets a record of the invocation', async () => {
  asyncSettings.set('fail', { maxRetries: 0, onFailureArn: deadLetters.arn });
  await invoke('fail', { poison: true }, 'Event');
  const [message] = await deadLetters.receive({ waitSeconds: 5 }, new AbortController().signal);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
    requestPayload: { poison: true },
    responsePayload: { errorType: 'TypeError', errorMessage: 'bad input' },
  });
});

test('a failing event is tried again before it is given up', async () => {
  asyncSettings.set('fail', { maxRetries: 1, onFailureArn: deadLetters.arn });
  await invoke('fail', {}, 'Event');
  const [message] = await deadLetters.receive({ waitSeconds: 5 }, new AbortController().signal);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({ requestContext: { approximateInvokeCount: 2 } });
  expect(lines.join('')).toMatch(/gave up an event after 2 attempts: TypeError: bad input/);
});
