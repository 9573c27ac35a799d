import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from '@jest/globals';
import { createDynamoEventLog } from '../../../backbone/aws/dynamo-event-log.ts';
import { APPEND_LIMIT_MS } from '../../../backbone/contract.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { startAwsStub } from '../../support/aws-stub.ts';

test('an append that gets no answer settles within its limit, retries included', async () => {
  const stub = await startAwsStub(() => 'hang');
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ ...stub.clientOptions, maxAttempts: 5, requestHandler: { requestTimeout: 700, throwOnRequestTimeout: true } }),
  );
  const log = createDynamoEventLog({ client, table: 'log', retentionMs: 60_000, clock: systemClock });
  const startedMs = performance.now();
  const event = { channel: 'a', epoch: 'k3f9', seq: 1, type: 'message', data: 'x', publishedAtMs: Date.now() };
  await expect(log.append(event, 'p1')).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(APPEND_LIMIT_MS + 500);
  expect(stub.calls.length).toBeGreaterThan(1);
  client.destroy();
  await stub.stop();
});
