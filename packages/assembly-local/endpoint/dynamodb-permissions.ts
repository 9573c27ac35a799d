import * as v from 'valibot';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { declared } from '../declared.ts';
import { type Context, type Input, type Permission, type Permissions, text } from '../iam/permission.ts';

const tableProperties = v.object({ KeySchema: v.array(v.object({ AttributeName: v.string(), KeyType: v.string() })) });

const item = v.record(v.string(), v.record(v.string(), v.unknown()));

type Item = v.InferOutput<typeof item>;

const keysByTable = v.record(v.string(), v.object({ Keys: v.array(item) }));

const writesByTable = v.record(
  v.string(),
  v.array(v.object({ PutRequest: v.optional(v.object({ Item: item })), DeleteRequest: v.optional(v.object({ Key: item })) })),
);

/**
 * What the operations of DynamoDB need. `dynamodb:LeadingKeys` is known if a request contains whole keys. For
 * a query, a condition on it is an error, because the key would have to be parsed from an expression.
 */
export function dynamoDbPermissions(resources: readonly Resource[], region: string): Permissions {
  const partitionKeys = new Map(
    ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']
      .flatMap((type) => declared(resources, type, tableProperties))
      .map(({ resource, properties }) => [resource.name, properties.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName]),
  );
  const arn = (table: string) => (table.startsWith('arn:') ? table : `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}`);
  const leadingKeys = (table: string, keys: readonly Item[]): Context => {
    const name = partitionKeys.get(table.split('/').at(-1) ?? '') ?? '';
    return { 'dynamodb:LeadingKeys': keys.map((key) => String(Object.values(key[name] ?? {})[0] ?? '')) };
  };
  const onTable = (action: string) => (input: Input) => [{ action, resource: arn(text(input, 'TableName')) }];
  const onArn = (action: string) => (input: Input) => [{ action, resource: text(input, 'ResourceArn') }];
  const onItem = (action: string, member: 'Key' | 'Item') => (input: Input) => {
    const table = text(input, 'TableName');
    const key = v.safeParse(item, input[member]);
    return [{ action, resource: arn(table), context: leadingKeys(table, key.success ? [key.output] : []) }];
  };
  const onIndex = (action: string) => (input: Input) => {
    const index = text(input, 'IndexName');
    return [{ action, resource: `${arn(text(input, 'TableName'))}${index === '' ? '' : `/index/${index}`}` }];
  };
  const onTables = (action: string, keys: (input: Input) => ReadonlyMap<string, readonly Item[]>) => (input: Input) =>
    [...keys(input)].map(([table, items]): Permission => ({ action, resource: arn(table), context: leadingKeys(table, items) }));
  return {
    GetItem: onItem('dynamodb:GetItem', 'Key'),
    PutItem: onItem('dynamodb:PutItem', 'Item'),
    UpdateItem: onItem('dynamodb:UpdateItem', 'Key'),
    DeleteItem: onItem('dynamodb:DeleteItem', 'Key'),
    BatchGetItem: onTables('dynamodb:BatchGetItem', keysToGet),
    BatchWriteItem: onTables('dynamodb:BatchWriteItem', keysToWrite),
    Query: onIndex('dynamodb:Query'),
    Scan: onIndex('dynamodb:Scan'),
    CreateTable: onTable('dynamodb:CreateTable'),
    UpdateTable: onTable('dynamodb:UpdateTable'),
    DeleteTable: onTable('dynamodb:DeleteTable'),
    DescribeTable: onTable('dynamodb:DescribeTable'),
    DescribeTimeToLive: onTable('dynamodb:DescribeTimeToLive'),
    TagResource: onArn('dynamodb:TagResource'),
    UntagResource: onArn('dynamodb:UntagResource'),
    ListTagsOfResource: onArn('dynamodb:ListTagsOfResource'),
    ListTables: () => [{ action: 'dynamodb:ListTables', resource: '*' }],
  };
}

/** A request that cannot be parsed needs every table. */
const EVERY_TABLE: ReadonlyMap<string, readonly Item[]> = new Map([['*', []]]);

function keysToGet({ RequestItems }: Input): ReadonlyMap<string, readonly Item[]> {
  const tables = v.safeParse(keysByTable, RequestItems);
  return tables.success ? new Map(Object.entries(tables.output).map(([table, { Keys }]) => [table, Keys])) : EVERY_TABLE;
}

function keysToWrite({ RequestItems }: Input): ReadonlyMap<string, readonly Item[]> {
  const tables = v.safeParse(writesByTable, RequestItems);
  if (!tables.success) return EVERY_TABLE;
  const entries = Object.entries(tables.output).map(([table, writes]): [string, readonly Item[]] => [
    table,
    writes.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {}),
  ]);
  return new Map(entries);
}
