import { afterEach, expect, test } from '@jest/globals';
import { type AwsStub, startAwsStub } from '../../../../test/support/aws-stub.ts';
import type { Resource } from '../../assembly/resolve.ts';
import { DynamoDb } from '../../endpoint/dynamodb.ts';

const TABLE: Resource = {
  type: 'AWS::DynamoDB::Table',
  stack: 'App',
  logicalId: 'Log',
  region: 'us-east-1',
  ref: 'log',
  name: 'log',
  attributes: {},
  properties: {
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  },
};

let stub: AwsStub;

afterEach(() => stub.stop());

test('a table exists once DynamoDB says that it is active, not when the request is accepted', async () => {
  const statuses = ['CREATING', 'CREATING', 'ACTIVE'];
  stub = await startAwsStub(({ action }) => {
    if (action === 'CreateTable') return { body: { TableDescription: { TableStatus: 'CREATING' } } };
    return { body: { Table: { TableStatus: statuses.shift() } } };
  });

  await new DynamoDb({}).createTables([TABLE], stub.endpoint);

  expect(stub.actions()).toEqual(['CreateTable', 'DescribeTable', 'DescribeTable', 'DescribeTable']);
});

test('a table that cannot be created is an error that names it', async () => {
  stub = await startAwsStub(() => ({ status: 400, body: { message: 'Too many tables' } }));

  await expect(new DynamoDb({}).createTables([TABLE], stub.endpoint)).rejects.toThrow(/CreateTable of table log failed: .*Too many tables/);
});
