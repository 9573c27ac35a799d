import { CreateTableCommand, DynamoDBClient, type ScalarAttributeType } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLES } from '../../backbone/contract.ts';
import { type Dynalite, startDynalite } from './dynalite.ts';

type TableName = keyof typeof TABLES;

export interface TestTables {
  readonly client: DynamoDBDocumentClient;
  /** Makes an empty table of that kind under a new name, and answers the name. */
  create(kind: TableName): Promise<string>;
  stop(): Promise<void>;
}

/** The tables of the contract on a dynalite of their own, on loopback. */
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
    async create(kind) {
      const schema: { partitionKey: Key; sortKey?: Key } = TABLES[kind];
      const keys = [schema.partitionKey, ...(schema.sortKey === undefined ? [] : [schema.sortKey])];
      const name = `${kind}-${++made}`;
      await raw.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: key.type })),
          KeySchema: keys.map((key, index) => ({ AttributeName: key.name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
        }),
      );
      return name;
    },
    async stop() {
      raw.destroy();
      await dynalite.stop();
    },
  };
}

interface Key {
  readonly name: string;
  readonly type: ScalarAttributeType;
}
