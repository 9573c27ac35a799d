import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { blaming, type Declared, declared } from '../declared.ts';
import type { Log } from '../log.ts';
import { systemAttributes } from '../queues/operations.ts';
import type { Queue, ReceivedMessage } from '../queues/queue.ts';
import type { Queues } from '../queues/queues.ts';
import type { Functions } from './functions.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** Lambda starts with five pollers per queue. */
const POLLERS = 5;

/**
 * What Lambda does with the queue on behalf of the function.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const POLLER_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;

const mappingProperties = v.object({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  Enabled: v.optional(v.boolean(), true),
  BatchSize: v.optional(v.number(), 10),
  MaximumBatchingWindowInSeconds: v.optional(v.number(), 0),
  FunctionResponseTypes: v.optional(v.array(v.string()), []),
  ScalingConfig: v.optional(v.object({ MaximumConcurrency: v.optional(v.number(), POLLERS) }), {}),
  FilterCriteria: v.optional(v.never('filters are not supported locally')),
});

export interface EventSource {
  readonly queue: Queue;
  readonly fn: LambdaFunction;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly reportsItemFailures: boolean;
  readonly maxConcurrency: number;
  readonly region: string;
}

/** The mappings that the templates declare. */
export function eventSourcesFromResources(resources: readonly Resource[], queues: Queues, functions: Functions): readonly EventSource[] {
  return declared(resources, 'AWS::Lambda::EventSourceMapping', mappingProperties)
    .filter(({ properties }) => properties.Enabled)
    .map((mapping) => blaming(mapping.resource, () => toEventSource(mapping, queues, functions)));
}

function toEventSource(
  { resource, properties }: Declared<v.InferOutput<typeof mappingProperties>>,
  queues: Queues,
  functions: Functions,
): EventSource {
  const queue = queues.byArn(properties.EventSourceArn);
  if (queue === undefined) {
    throw new UnsupportedTemplateError(`${resource.logicalId}: ${properties.EventSourceArn} is not a queue of this assembly`);
  }
  return {
    queue,
    fn: functions.find(properties.FunctionName),
    batchSize: properties.BatchSize,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * 1000,
    reportsItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    maxConcurrency: properties.ScalingConfig.MaximumConcurrency ?? POLLERS,
    region: resource.region,
  };
}

/**
 * Polls a queue and invokes the function with the messages, until the signal aborts. Messages of a batch that
 * succeeded are deleted; the others become visible again when the queue's visibility timeout ends. Nothing is
 * polled if the function's role does not allow it; on AWS, such a mapping cannot even be created.
 */
export function runEventSource(source: EventSource, log: Log, signal: AbortSignal): void {
  const { fn, queue } = source;
  if (!POLLER_ACTIONS.every((action) => fn.allows({ action, resource: queue.arn }))) return;
  for (let poller = 0; poller < source.maxConcurrency; poller++) void poll(source, log, signal);
}

async function poll(source: EventSource, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const batch = await receiveBatch(source, signal);
    if (batch.length === 0) continue;
    const outcome = await source.fn.invoke(JSON.stringify({ Records: batch.map((message) => toRecord(message, source)) }));
    if (signal.aborted) return;
    const failed = outcome.kind === 'error' ? 'all' : failedItems(source, batch, outcome.payload);
    if (failed !== 'none') {
      log.detail(
        source.fn.name,
        `${failed === 'all' ? batch.length : failed.size} of ${batch.length} messages of ${source.queue.name} failed`,
      );
    }
    for (const { messageId, receipt } of batch) {
      if (failed === 'none' || (failed !== 'all' && !failed.has(messageId))) source.queue.delete(receipt);
    }
  }
}

async function receiveBatch({ queue, batchSize, batchingWindowMs }: EventSource, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
  const batch = [...(await queue.receive({ max: batchSize, waitSeconds: 20 }, signal))];
  const windowEndMs = Date.now() + batchingWindowMs;
  while (batch.length > 0 && batch.length < batchSize && Date.now() < windowEndMs && !signal.aborted) {
    const waitSeconds = (windowEndMs - Date.now()) / 1000;
    batch.push(...(await queue.receive({ max: batchSize - batch.length, waitSeconds }, signal)));
  }
  return batch;
}

const batchResponse = v.nullish(
  v.object({ batchItemFailures: v.nullish(v.array(v.object({ itemIdentifier: v.pipe(v.string(), v.nonEmpty()) })), []) }),
);

/**
 * Lambda's rules: no list or an empty list is success; anything malformed, or an unknown id, fails the whole
 * batch.
 */
function failedItems(
  { reportsItemFailures }: EventSource,
  batch: readonly ReceivedMessage[],
  payload: string,
): 'none' | 'all' | ReadonlySet<string> {
  if (!reportsItemFailures) return 'none';
  const response = v.safeParse(v.pipe(v.string(), v.parseJson(), batchResponse), payload);
  if (!response.success) return 'all';
  const failures = response.output?.batchItemFailures ?? [];
  const ids = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
  const known = new Set(batch.map(({ messageId }) => messageId));
  if ([...ids].some((id) => !known.has(id))) return 'all';
  return ids.size === 0 ? 'none' : ids;
}

function toRecord(message: ReceivedMessage, { queue, region }: EventSource): object {
  return {
    messageId: message.messageId,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: systemAttributes(message, ['All']),
    messageAttributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.bodyDigest,
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}
