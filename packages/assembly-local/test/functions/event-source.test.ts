import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/until.ts';
import { type EventSource, runEventSource } from '../../functions/event-source.ts';
import type { LambdaFunction } from '../../functions/lambda-function.ts';
import type { Queue } from '../../queues/queue.ts';
import { Queues } from '../../queues/queues.ts';
import { testFunction } from '../support/functions.ts';
import { testLog } from '../support/log.ts';

let queues: Queues;
let queue: Queue;
let deadLetters: Queue;
let stop: AbortController;
let fn: LambdaFunction | undefined;

beforeEach(() => {
  queues = new Queues({ region: 'us-east-1', account: '000000000000', endpoint: 'http://127.0.0.1' });
  deadLetters = queues.create('dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 2 });
  queue = queues.create('jobs', { VisibilityTimeout: '1', RedrivePolicy });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await fn?.close();
  queues.close();
});

function run(handler: string, options: Partial<EventSource> = {}) {
  const { fn: made, lines } = testFunction(handler);
  fn = made;
  runEventSource(
    { queue, fn, batchSize: 10, batchingWindowMs: 0, reportsItemFailures: true, maxConcurrency: 2, region: 'us-east-1', ...options },
    testLog().log,
    stop.signal,
  );
  /** The events that the handler `log` has seen. */
  return () => lines.filter((line) => line.startsWith('[log] {')).map((line) => JSON.parse(line.replace('[log] ', '')));
}

const settled = () => until('the queue is empty', () => Object.values(queue.counts()).every((n) => n === 0));

/** A process may take longer to start than the time after which the other tests want their messages back. */
function usePatientQueue(): void {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 2 });
  queue = queues.create('patient', { VisibilityTimeout: '3600', RedrivePolicy });
}

test('messages of a batch that succeeds are deleted', async () => {
  usePatientQueue();
  run('nothing');
  queue.send('a');
  queue.send('b');
  await settled();
  expect(deadLetters.counts().ready).toBe(0);
});

test('only the messages that the function names stay in the queue, to come again', async () => {
  usePatientQueue();
  run('batch');
  for (const body of ['good', 'bad 1', 'fine', 'bad 2']) queue.send(body);
  await until('two are deleted', () => queue.bodies().length === 2);
  expect(queue.bodies()).toEqual(['bad 1', 'bad 2']);
});

test.each(['fail', 'malformed', 'exit'])('a batch whose function is "%s" fails as a whole', async (handler) => {
  run(handler);
  queue.send('a');
  queue.send('b');
  await until('both are dead', () => deadLetters.counts().ready === 2);
});

test('without ReportBatchItemFailures the answer does not matter', async () => {
  usePatientQueue();
  run('batch', { reportsItemFailures: false });
  queue.send('bad');
  await settled();
  expect(deadLetters.counts().ready).toBe(0);
});

test('a record looks as Lambda makes it', async () => {
  const events = run('log');
  queue.send('hello', { attributes: { k: { DataType: 'String', StringValue: 'v' } } });
  await until('the event is logged', () => events().length > 0);
  const [{ Records }] = events();
  expect(Records).toEqual([
    {
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: 'hello',
      attributes: expect.objectContaining({ ApproximateReceiveCount: '1', SentTimestamp: expect.any(String) }),
      messageAttributes: { k: { dataType: 'String', stringValue: 'v', stringListValues: [], binaryListValues: [] } },
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
      awsRegion: 'us-east-1',
    },
  ]);
});

test('a batch is never larger than its size', async () => {
  for (let n = 0; n < 5; n++) queue.send(`m${n}`);
  const events = run('log', { batchSize: 2, maxConcurrency: 1 });
  await until('three batches', () => events().length >= 3);
  const sizes = events().map(({ Records }) => Records.length);
  expect(sizes).toEqual([2, 2, 1]);
});

test('a batching window waits for more', async () => {
  const events = run('log', { batchingWindowMs: 300, maxConcurrency: 1 });
  queue.send('first');
  await until('the first is taken', () => queue.counts().inFlight === 1);
  queue.send('second');
  await until('the batch is logged', () => events().length > 0);
  expect(events()[0].Records).toHaveLength(2);
});
