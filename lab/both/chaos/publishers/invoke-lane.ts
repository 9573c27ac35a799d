import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { BatchAnswer, PublishResponse } from '../../../../packages/protocol/index.ts';
import { type AwsAccess, clientSettings } from '../aws-access.ts';
import { eventsOf, idsOf } from './batch.ts';
import type { Lane } from './publisher.ts';

/** Invocations of the publish function. */
export function invokeLane(access: AwsAccess, functionName: string): Lane {
  const client = new LambdaClient(clientSettings(access));
  return {
    name: 'invoke',
    // An event of an ephemeral channel has no id.
    send: async ({ channel, type, data, key }) =>
      (await invoke<Partial<PublishResponse>>(client, functionName, { channel, type, data, key })).id,
    sendBatch: async (batch) => {
      const [{ channel, key }] = batch;
      return idsOf(await invoke<BatchAnswer>(client, functionName, { channel, ...eventsOf(batch), key }));
    },
    close: () => client.destroy(),
  };
}

/** Answers the event's id. @throws Error with what the function said where it failed */
export async function publishByInvocation(client: LambdaClient, functionName: string, publication: object): Promise<string> {
  return (await invoke<PublishResponse>(client, functionName, publication)).id;
}

async function invoke<Answer>(client: LambdaClient, functionName: string, publication: object): Promise<Answer> {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(publication) });
  const { FunctionError, Payload } = await client.send(command);
  const text = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${text}`);
  return JSON.parse(text) as Answer;
}
