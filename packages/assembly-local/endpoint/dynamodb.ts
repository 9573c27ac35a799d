import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import dynalite from 'dynalite';
import * as v from 'valibot';
import { Omissions } from '../assembly/omissions.ts';
import type { Resource } from '../assembly/resolve.ts';
import { declared } from '../declared.ts';
import type { Faults } from '../faults.ts';

const keySchema = v.array(v.object({ AttributeName: v.string(), KeyType: v.string() }));
const attributeDefinitions = v.array(v.object({ AttributeName: v.string(), AttributeType: v.string() }));
const index = v.object({ IndexName: v.string(), KeySchema: keySchema, Projection: v.record(v.string(), v.unknown()) });

/**
 * The properties needed to create a table. All others have no effect locally. In particular nothing expires
 * by itself, because DynamoDB may keep expired items for two days and readers must leave them out anyway.
 */
const tableProperties = v.object({
  KeySchema: keySchema,
  AttributeDefinitions: attributeDefinitions,
  GlobalSecondaryIndexes: v.optional(v.array(index)),
  LocalSecondaryIndexes: v.optional(v.array(index)),
  StreamSpecification: v.optional(v.unknown()),
});

/** Long enough that code that does not wait for a table fails every time, whatever the speed of the machine. */
const CREATE_TABLE_MS = 25;

/** DynamoDB in memory, in this process. Answers requests that another server has received. */
export class DynamoDb {
  readonly #server: Server = dynalite({ createTableMs: CREATE_TABLE_MS, deleteTableMs: 0, updateTableMs: 0 });

  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  readonly handle: RequestListener = (request, response) => {
    const fault = this.#faults.database?.(String(request.headers['x-amz-target']).split('.').at(-1) ?? '');
    switch (fault?.kind) {
      case undefined:
        return this.#execute(request, response);
      case 'throttle':
        return throttle(request, response);
      case 'delay':
        setTimeout(() => this.#execute(request, response), fault.ms);
        return;
      case 'loseAnswer':
        response.end = () => response.destroy();
        return this.#execute(request, response);
    }
  };

  #execute(request: IncomingMessage, response: ServerResponse): void {
    this.#server.emit('request', request, response);
    // dynalite throws if a request is aborted, which happens when a task is killed; there is nobody left to
    // answer.
    request.removeAllListeners('error');
    request.on('error', () => undefined);
  }

  /**
   * Creates the tables of the templates with the DynamoDB API, and waits until they can be used.
   * @param endpoint where {@link handle} can be reached
   * @param omissions records which streams are left out
   */
  async createTables(resources: readonly Resource[], endpoint: string, omissions = new Omissions({ strict: true })): Promise<void> {
    const tables = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].flatMap((type) => declared(resources, type, tableProperties));
    for (const { resource, properties } of tables) {
      if (properties.StreamSpecification === undefined) continue;
      omissions.leaveOutPart({
        resource,
        what: 'its stream',
        reason: 'is left out: streams of tables are not supported locally',
        consequence: 'whatever reads the stream sees no changes',
      });
    }
    await Promise.all(
      tables.map(({ resource, properties: { StreamSpecification: _, ...properties } }) =>
        createTable(endpoint, { ...properties, TableName: resource.name }),
      ),
    );
  }
}

/** How often the state of a new table is read. */
const POLL_MS = 5;

const described = v.object({ Table: v.object({ TableStatus: v.string() }) });

async function createTable(
  endpoint: string,
  table: Omit<v.InferOutput<typeof tableProperties>, 'StreamSpecification'> & { readonly TableName: string },
): Promise<void> {
  const { TableName } = table;
  await call(endpoint, 'CreateTable', { ...table, BillingMode: 'PAY_PER_REQUEST' });

  // As on AWS, a table is CREATING when CreateTable responds, and every other operation says that it does not
  // exist.
  while (v.parse(described, await call(endpoint, 'DescribeTable', { TableName })).Table.TableStatus !== 'ACTIVE') await sleep(POLL_MS);
}

async function call(
  endpoint: string,
  operation: string,
  input: { readonly TableName: string; readonly [parameter: string]: unknown },
): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=packages/assembly-local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=local',
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation} of table ${input.TableName} failed: ${await response.text()}`);
  return response.json();
}

function throttle(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  const type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
  response.end(JSON.stringify({ __type: type, message: 'Injected by the local run' }));
}
