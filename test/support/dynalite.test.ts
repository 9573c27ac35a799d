import { once } from 'node:events';
import { connect } from 'node:net';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import { LOG_TABLE } from '../../backbone/contract.ts';
import { startTestTables, type TestTables } from './tables.ts';

let tables: TestTables;

beforeEach(async () => {
  tables = await startTestTables();
});

/** Lets what the database has begun come to its end. Jest fails the test if that throws what nobody catches. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('stopping a database during requests affects only those who sent them', async () => {
  const table = await tables.create(LOG_TABLE);
  const item = { pk: { S: 'a' }, sk: { N: '1' } };
  const requests = Array.from({ length: 30 }, () => tables.client.send(new PutItemCommand({ TableName: table, Item: item })));
  const settled = Promise.allSettled(requests);
  await Promise.any(requests);

  await tables.stop();

  expect((await settled).map(({ status }) => status)).toContain('rejected');
  await settle();
});

test('an aborted request affects nobody else', async () => {
  const { hostname = '', port = 0 } = (await tables.client.config.endpoint?.()) ?? {};
  const socket = connect(port, hostname);
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"half');
  await tables.create(LOG_TABLE);
  socket.destroy();
  await tables.create(LOG_TABLE);

  await settle();
  await tables.stop();
});
