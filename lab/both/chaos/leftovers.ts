import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import { PUBLISH_ENV } from '../../../backbone/contract.ts';
import { TASK_QUEUE_ENV } from '../../../fargate/sse/contract.ts';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import type { TaskService } from '../../../packages/assembly-local/tasks/task-service.ts';
import { type AwsAccess, clientSettings } from './aws-access.ts';

/** What nobody needs any more: the names of queues and subscriptions of tasks that are gone, the ids of closed connections. */
export interface Leftovers {
  readonly queues: readonly string[];
  readonly queueSubscriptions: readonly string[];
  readonly connectionRows: readonly string[];
  readonly subscriptionRows: readonly string[];
}

export function isClean(left: Leftovers): boolean {
  return Object.values(left).every((names: readonly string[]) => names.length === 0);
}

export interface LeftoverFinder {
  find(): Promise<Leftovers>;
  /** Makes every row of a connection this much older, for the sweep that spares young ones. */
  ageConnections(ms: number): Promise<void>;
  close(): void;
}

/** Looks at everything that tasks and connections leave behind when nobody cleans up. */
export function leftoversOf(run: LocalRun, access: AwsAccess): LeftoverFinder {
  const database = DynamoDBDocumentClient.from(new DynamoDBClient({ ...clientSettings(access), maxAttempts: 3 }));
  return {
    async find() {
      const open = new Set(run.gateways.flatMap((gateway) => gateway.openConnections));
      const closed = (await connectionRows(database)).filter(({ connectionId }) => !open.has(connectionId));
      return {
        queues: run.services.flatMap((service) => orphanedQueues(run, service)),
        queueSubscriptions: run.services.flatMap((service) => orphanedSubscriptions(run, service)),
        connectionRows: closed.filter(({ kind }) => kind === 'connection').map(({ connectionId }) => connectionId),
        // An expired one serves nobody, so no event finds it any more: DynamoDB deletes it, which the local run does not do.
        subscriptionRows: closed
          .filter(({ kind, expiresAt }) => kind === 'subscription' && expiresAt * 1_000 > Date.now())
          .map(({ connectionId }) => connectionId),
      };
    },
    async ageConnections(ms) {
      for (const { kind, table, connectionId } of await connectionRows(database)) {
        if (kind !== 'connection') continue;
        // The row of a connection that has closed meanwhile is gone, and is not to come back.
        await ifConditionHolds(
          database.send(
            new UpdateCommand({
              TableName: table,
              Key: { connectionId },
              UpdateExpression: 'SET connectedAt = connectedAt - :ms',
              ConditionExpression: 'attribute_exists(connectionId)',
              ExpressionAttributeValues: { ':ms': ms },
            }),
          ),
        );
      }
    },
    close: () => database.destroy(),
  };
}

function environmentOf(service: TaskService): Readonly<Record<string, string>> {
  return service.options.env('', 0);
}

function livingQueues(service: TaskService): ReadonlySet<string> {
  const prefix = environmentOf(service)[TASK_QUEUE_ENV.queuePrefix] ?? '';
  return new Set(service.tasks.map(({ id }) => `${prefix}${id}`));
}

function orphanedQueues(run: LocalRun, service: TaskService): readonly string[] {
  const prefix = environmentOf(service)[TASK_QUEUE_ENV.queuePrefix] ?? '';
  const living = livingQueues(service);
  return run.queues.list().flatMap(({ name }) => (name.startsWith(prefix) && !living.has(name) ? [name] : []));
}

function orphanedSubscriptions(run: LocalRun, service: TaskService): readonly string[] {
  const prefix = environmentOf(service)[TASK_QUEUE_ENV.queuePrefix] ?? '';
  const topicArn = environmentOf(service)[PUBLISH_ENV.topicArn] ?? '';
  const living = livingQueues(service);
  return run.topics.subscriptions(topicArn).flatMap(({ endpoint }) => {
    const name = endpoint.split(':').at(-1) ?? '';
    return name.startsWith(prefix) && !living.has(name) ? [name] : [];
  });
}

interface Row {
  readonly table: string;
  readonly kind: 'connection' | 'subscription';
  readonly connectionId: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Every row that names a connection, of whichever table. */
async function connectionRows(database: DynamoDBDocumentClient): Promise<readonly Row[]> {
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  const rows: Row[] = [];
  for (const table of TableNames) {
    for await (const { Items = [] } of paginateScan({ client: database }, { TableName: table })) {
      for (const { connectionId, channel, connectedAt, expiresAt } of Items) {
        if (typeof connectionId !== 'string') continue;
        if (channel !== undefined) rows.push({ table, kind: 'subscription', connectionId, expiresAt });
        // What has no time of connecting is the sweep's own note, and not a connection.
        else if (connectedAt !== undefined) rows.push({ table, kind: 'connection', connectionId, expiresAt });
      }
    }
  }
  return rows;
}
