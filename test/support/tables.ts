import {
  CreateTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  type ScalarAttributeType,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Dynalite, startDynalite } from './dynalite.ts';

export interface TestTables {
  readonly client: DynamoDBDocumentClient;
  /** Makes an empty table under a new name, waits until it is active, and answers the name. */
  create(schema: TableSchema): Promise<string>;
  stop(): Promise<void>;
}

/** How often the SDK asks for a new table. The SDK's own 20 s are meant for AWS. */
const TABLE_WAIT_SECONDS = { minDelay: 0.01, maxDelay: 0.05, maxWaitTime: 30 };

/** Tables on a dynalite of their own, on loopback. */
export async function startTestTables(): Promise<TestTables> {
  const dynalite: Dynalite = await startDynalite();
  const raw = new DynamoDBClient({
    endpoint: dynalite.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  let made = 0;
  return {
    client: DynamoDBDocumentClient.from(raw),
    async create(schema) {
      const { expiryIndex } = schema;
      const keys = [...keysOf(schema), ...(expiryIndex === undefined ? [] : keysOf(expiryIndex))];
      const name = `table-${++made}`;
      await raw.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: key.type })),
          KeySchema: keySchema(schema),
          ...(expiryIndex !== undefined && {
            GlobalSecondaryIndexes: [
              { IndexName: expiryIndex.name, KeySchema: keySchema(expiryIndex), Projection: { ProjectionType: 'KEYS_ONLY' } },
            ],
          }),
        }),
      );
      await waitUntilTableExists({ client: raw, ...TABLE_WAIT_SECONDS }, { TableName: name });
      return name;
    },
    async stop() {
      raw.destroy();
      await dynalite.stop();
    },
  };
}

/** A table of a contract. */
export interface TableSchema extends Schema {
  readonly expiryIndex?: Schema & { readonly name: string };
}

interface Schema {
  readonly partitionKey: Key;
  readonly sortKey?: Key;
}

const keysOf = ({ partitionKey, sortKey }: Schema): readonly Key[] => [partitionKey, ...(sortKey === undefined ? [] : [sortKey])];

const keySchema = (schema: Schema): KeySchemaElement[] =>
  keysOf(schema).map(({ name }, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' }));

interface Key {
  readonly name: string;
  readonly type: ScalarAttributeType;
}
