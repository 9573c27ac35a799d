import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, jest, test } from '@jest/globals';
import { createDynamoEventLog } from '../../../backbone/aws/dynamo-event-log.ts';
import { APPEND_LIMIT_MS } from '../../../backbone/contract.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { startAwsStub } from '../../support/aws-stub.ts';

test('an append without a response settles within its limit, whatever the retries of the client', async () => {
  const stub = await startAwsStub(() => 'hang');
  const client = DynamoDBDocumentClient.from(
    // Retries would go on for longer than this test may take.
    new DynamoDBClient({ ...stub.clientOptions, maxAttempts: 1_000, requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true } }),
  );
  const log = createDynamoEventLog({ client, table: 'log', retentionMs: 60_000, clock: systemClock });
  const limit = jest.spyOn(AbortSignal, 'timeout');
  const event = { channel: 'a', epoch: 'k3f9', seq: 1, type: 'message', data: 'x', publishedAtMs: Date.now() };
  await expect(log.append(event, 'p1')).rejects.toMatchObject({ name: 'AbortError' });
  expect(limit).toHaveBeenCalledWith(APPEND_LIMIT_MS);
  limit.mockRestore();
  client.destroy();
  await stub.stop();
});
