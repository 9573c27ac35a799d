import { randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PUBLISH_DETAIL_TYPE } from '../../../../backbone/contract.ts';
import { SWEEP_MARK_ID } from '../../../../lambda/websocket/contract.ts';
import { publishAll } from '../../../../scripts/verify-stage/scenario/entrances.ts';
import { check, type Step, waitFor } from '../../../../scripts/verify-stage/scenario/step.ts';
import { Subscriber, withSubscribers } from '../../../../scripts/verify-stage/scenario/subscriber.ts';
import { clientSettings } from '../../chaos/aws-access.ts';
import { output, physicalId } from '../deployment.ts';
import type { Account, World } from './world.ts';

/** Rows of connections and of subscriptions. */
async function countRows({ aws, deployment }: World): Promise<{ readonly connections: number; readonly subscriptions: number }> {
  const client = new DynamoDBClient(clientSettings(aws));
  const countIn = async (beginning: string) => {
    const { Items = [] } = await client.send(
      new ScanCommand({ TableName: physicalId(deployment, 'AWS::DynamoDB::GlobalTable', beginning), ConsistentRead: true }),
    );
    // The sweep's own note is no connection.
    return Items.filter(({ connectionId }) => connectionId?.S !== SWEEP_MARK_ID).length;
  };
  try {
    return { connections: await countIn('TablesConnections'), subscriptions: await countIn('TablesSubscriptions') };
  } finally {
    client.destroy();
  }
}

const SOCKETS = 5;

export const disconnects: Step<World> = {
  name: 'the rows of closed sockets are removed',
  async run(world) {
    const channel = 'verify.rows';
    const subscribers = Array.from({ length: SOCKETS }, () => new Subscriber(world, 'websocket', channel));
    const open = await withSubscribers(subscribers, async () => {
      await publishAll(world, channel, ['to all']);
      await Promise.all(subscribers.map((subscriber) => subscriber.count(1)));
      return countRows(world);
    });
    check(open.connections >= SOCKETS && open.subscriptions >= SOCKETS, `${SOCKETS} sockets, but ${JSON.stringify(open)} rows`);
    let left = open;
    await waitFor(
      async () => {
        left = await countRows(world);
        return left.connections + left.subscriptions === 0;
      },
      () => `rows that nobody removes: ${JSON.stringify(left)}`,
    );
    return `${SOCKETS} sockets: ${open.connections} + ${open.subscriptions} rows, then 0 + 0`;
  },
};

export const deadLetters: Step<Account> = {
  name: 'an event that cannot be published ends in the dead-letter queue',
  async run({ aws, deployment }) {
    const lambda = new LambdaClient(clientSettings(aws));
    const sqs = new SQSClient(clientSettings(aws));
    const QueueUrl = physicalId(deployment, 'AWS::SQS::Queue', 'BackbonePublishDeadLetters');
    try {
      // As EventBridge does. MiniStack's own EventBridge gives up after one try, where Lambda tries as often as the template says.
      const event = { id: randomUUID(), 'detail-type': PUBLISH_DETAIL_TYPE, detail: { channel: 'not a channel', data: 'in vain' } };
      const FunctionName = output(deployment, 'PublishFunctionName');
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(event) }));
      let bodies: readonly string[] = [];
      await waitFor(
        async () => {
          const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
          bodies = Messages.map(({ Body = '' }) => Body);
          return bodies.length > 0;
        },
        () => 'no dead letter',
      );
      check(bodies.length === 1 && bodies[0]?.includes('in vain') === true, `dead letters: ${bodies.join('\n')}`);
      return '1 event, 1 dead letter';
    } finally {
      lambda.destroy();
      sqs.destroy();
    }
  },
};
