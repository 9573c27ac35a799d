import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../test/support/until.ts';
import { startEndpoint, type TestEndpoint } from './support/endpoint.ts';

let endpoint: TestEndpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
});

afterEach(() => endpoint.close());

/** That of somebody who is no role: the endpoint does not check it. */
function signature(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=x`;
}

function post(target: string, body = '{}', init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1', authorization: signature('sqs') };
  return fetch(endpoint.url, { method: 'POST', headers, body, ...init });
}

test('an operation is told when its caller has gone', async () => {
  let signal: AbortSignal | undefined;
  const Wait = (_: unknown, given: AbortSignal) => {
    signal = given;
    return new Promise<object>(() => undefined);
  };
  endpoint.serve({ json: { AmazonSQS: { Wait } } });
  const abort = new AbortController();
  const waiting = post('AmazonSQS.Wait', '{}', { signal: abort.signal });
  await until('the operation has begun', () => signal !== undefined);
  abort.abort();
  await expect(waiting).rejects.toThrow();
  await until('the operation knows', () => signal?.aborted === true);
});

test('an operation that is not emulated is an error that names it', async () => {
  endpoint.serve({ json: { AmazonSQS: {} } });
  const response = await post('AmazonSQS.StartMessageMoveTask');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    __type: 'UnsupportedOperation',
    message: expect.stringContaining('AmazonSQS.StartMessageMoveTask'),
  });
});

test('a service that is not emulated is an error that names it', async () => {
  endpoint.serve({});
  const response = await fetch(`${endpoint.url}/bucket/key`, { headers: { authorization: signature('s3') } });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('service s3');
});

test('broken JSON is a SerializationException', async () => {
  endpoint.serve({ json: { AmazonSQS: { CreateQueue: () => ({}) } } });
  const response = await post('AmazonSQS.CreateQueue', '{');
  expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
});

test('a defect inside an operation is an InternalFailure and ends nothing', async () => {
  const CreateQueue = () => {
    throw new TypeError('oops');
  };
  endpoint.serve({ json: { AmazonSQS: { CreateQueue } } });
  const sqs = new SQSClient(endpoint.client);
  await expect(sqs.send(new CreateQueueCommand({ QueueName: 'x' }))).rejects.toMatchObject({
    message: expect.stringContaining('oops'),
    $metadata: { httpStatusCode: 500 },
  });
  sqs.destroy();
});

test('a property of Object is no operation', async () => {
  endpoint.serve({ json: { AmazonSQS: {} } });
  expect((await post('AmazonSQS.constructor')).status).toBe(400);
});
