import { EventBridgeClient, type EventBridgeClientConfig, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PUBLISH_DETAIL_TYPE } from '../../../backbone/contract.ts';
import type { PublishResponse } from '../../../packages/protocol/index.ts';
import type { Entrance } from './target.ts';

/** What a backend sends. */
export interface Publication {
  readonly channel: string;
  readonly type?: string;
  readonly data: string;
  readonly key?: string;
}

/** Where backends publish: outputs of the backbone's stack. */
export interface BackendNames {
  readonly functionName: string;
  readonly busName: string;
}

type SdkSettings = Pick<EventBridgeClientConfig, 'region' | 'endpoint' | 'credentials'>;

/** The two ways in that backends have, with their own permissions and without a token. */
export function backendEntrances({ functionName, busName }: BackendNames, settings: SdkSettings): readonly Entrance[] {
  const lambda = new LambdaClient(settings);
  const bus = new EventBridgeClient(settings);
  return [
    {
      name: 'invoke',
      scope: 'invoke',
      publish: (channel, data, key) => publishByInvocation(lambda, functionName, { channel, data, key }),
      close: () => lambda.destroy(),
    },
    {
      name: 'eventbridge',
      scope: 'eventbridge',
      publish: (channel, data, key) => putOnBus(bus, busName, { channel, data, key }),
      close: () => bus.destroy(),
    },
  ];
}

/** Answers the event's id. @throws Error with what the function said where it failed */
export async function publishByInvocation(client: LambdaClient, functionName: string, publication: Publication): Promise<string> {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(publication) });
  const { FunctionError, Payload } = await client.send(command);
  const text = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${text}`);
  return (JSON.parse(text) as PublishResponse).id;
}

/** The event is accepted only: the publish function gets it later, perhaps more than once. @throws Error where the bus refuses it */
export async function putOnBus(client: EventBridgeClient, busName: string, publication: Publication): Promise<undefined> {
  const entry = { EventBusName: busName, Source: 'verify', DetailType: PUBLISH_DETAIL_TYPE, Detail: JSON.stringify(publication) };
  const answer = await client.send(new PutEventsCommand({ Entries: [entry] }));
  if (answer.FailedEntryCount !== 0) throw new Error(answer.Entries?.[0]?.ErrorCode ?? 'the event was not taken');
}
