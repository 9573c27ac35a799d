import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { PublishResponse } from '../../../../packages/protocol/index.ts';
import { type AwsAccess, clientSettings } from '../aws-access.ts';
import type { Lane } from './publisher.ts';

/** Invocations of the publish function. */
export function invokeLane(access: AwsAccess, functionName: string): Lane {
  const client = new LambdaClient(clientSettings(access));
  return {
    name: 'invoke',
    send: ({ channel, type, data, key }) => publishByInvocation(client, functionName, { channel, type, data, key }),
    close: () => client.destroy(),
  };
}

/** Answers the event's id. @throws Error with what the function said where it failed */
export async function publishByInvocation(client: LambdaClient, functionName: string, publication: object): Promise<string> {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(publication) });
  const { FunctionError, Payload } = await client.send(command);
  const text = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${text}`);
  return (JSON.parse(text) as PublishResponse).id;
}
