import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { PUBLISH_ENV, TASK_QUEUE_ENV } from '../../backbone/contract.ts';
import type { LocalRun } from '../../local/run.ts';
import type { TaskService } from '../../local/tasks/task-service.ts';
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

/** Looks at everything that tasks and connections leave behind when nobody cleans up. */
export function leftoversOf(run: LocalRun, access: AwsAccess): { find(): Promise<Leftovers>; close(): void } {
  const database = DynamoDBDocumentClient.from(new DynamoDBClient({ ...clientSettings(access), maxAttempts: 3 }));
  return {
    async find() {
      const open = new Set(run.gateways.flatMap((gateway) => gateway.openConnections));
      const rows = (await connectionIds(database)).map(({ table, ids }) => ({ table, ids: ids.filter((id) => !open.has(id)) }));
      return {
        queues: run.services.flatMap((service) => orphanedQueues(run, service)),
        queueSubscriptions: run.services.flatMap((service) => orphanedSubscriptions(run, service)),
        connectionRows: rows.find(({ table }) => table === 'connections')?.ids ?? [],
        subscriptionRows: rows.find(({ table }) => table === 'subscriptions')?.ids ?? [],
      };
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

/** Every row that names a connection, by what the table is for. */
async function connectionIds(
  database: DynamoDBDocumentClient,
): Promise<readonly { readonly table: 'connections' | 'subscriptions'; readonly ids: readonly string[] }[]> {
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  const found: { table: 'connections' | 'subscriptions'; ids: string[] }[] = [
    { table: 'connections', ids: [] },
    { table: 'subscriptions', ids: [] },
  ];
  for (const TableName of TableNames) {
    for await (const { Items = [] } of paginateScan({ client: database }, { TableName })) {
      for (const item of Items) {
        const { connectionId, channel } = item;
        if (typeof connectionId !== 'string') continue;
        found.find(({ table }) => table === (channel === undefined ? 'connections' : 'subscriptions'))?.ids.push(connectionId);
      }
    }
  }
  return found;
}
