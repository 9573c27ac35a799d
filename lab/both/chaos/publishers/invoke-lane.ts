import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { PublishResponse } from '../../../../packages/protocol/index.ts';
import { type AwsAccess, clientSettings } from '../aws-access.ts';
import type { Lane } from './publisher.ts';

/** Invocations of the publish function. */
export function invokeLane(access: AwsAccess, functionName: string): Lane {
  const client = new LambdaClient(clientSettings(access));
  return {
    name: 'invoke',
    async send({ channel, type, data, key }) {
      const { FunctionError, Payload } = await client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ channel, type, data, key }) }),
      );
      const text = Payload?.transformToString() ?? '';
      if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${text}`);
      return (JSON.parse(text) as PublishResponse).id;
    },
    close: () => client.destroy(),
  };
}
