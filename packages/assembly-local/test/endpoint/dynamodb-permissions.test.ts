import { expect, test } from '@jest/globals';
import { dynamoDbPermissions } from '../../endpoint/dynamodb-permissions.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/rows';

const permissions = dynamoDbPermissions(
  [
    {
      type: 'AWS::DynamoDB::Table',
      stack: 'App',
      logicalId: 'Rows',
      region: 'us-east-1',
      ref: 'rows',
      name: 'rows',
      attributes: {},
      properties: {
        KeySchema: [
          { AttributeName: 'sort', KeyType: 'RANGE' },
          { AttributeName: 'id', KeyType: 'HASH' },
        ],
      },
    },
  ],
  'us-east-1',
);

const item = (id: string) => ({ sort: { N: '1' }, id: { S: id } });

test.each([
  ['GetItem', { TableName: 'rows', Key: item('a') }, ['a']],
  ['PutItem', { TableName: 'rows', Item: item('a') }, ['a']],
  ['PutItem', { TableName: TABLE, Item: item('a') }, ['a']],
  ['BatchGetItem', { RequestItems: { rows: { Keys: [item('a'), item('b')] } } }, ['a', 'b']],
  ['BatchWriteItem', { RequestItems: { rows: [{ PutRequest: { Item: item('a') } }, { DeleteRequest: { Key: item('b') } }] } }, ['a', 'b']],
])('%s needs permission for the table, with the partition keys that it touches', (operation, input, keys) => {
  expect(permissions[operation]?.(input)).toEqual([
    { action: `dynamodb:${operation}`, resource: TABLE, context: { 'dynamodb:LeadingKeys': keys } },
  ]);
});

test('a batch needs permission for every table that it names', () => {
  const input = { RequestItems: { rows: { Keys: [item('a')] }, others: { Keys: [] } } };
  expect(permissions['BatchGetItem']?.(input).map(({ resource }) => resource)).toEqual([TABLE, TABLE.replace('rows', 'others')]);
});

test('a batch that cannot be parsed needs permission for every table', () => {
  expect(permissions['BatchWriteItem']?.({ RequestItems: { rows: 'all' } })).toMatchObject([{ resource: TABLE.replace('rows', '*') }]);
});
