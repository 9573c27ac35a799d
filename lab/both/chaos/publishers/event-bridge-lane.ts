import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PUBLISH_DETAIL_TYPE } from '../../../../backbone/contract.ts';
import { type AwsAccess, clientSettings } from '../aws-access.ts';
import { eventsOf } from './batch.ts';
import type { Lane } from './publisher.ts';

/** Events put on the bus of the stage. They are accepted only: the publish function gets them later, perhaps more than once. */
export function eventBridgeLane(access: AwsAccess, busName: string): Lane {
  const client = new EventBridgeClient(clientSettings(access));
  const put = async (detail: object): Promise<undefined> => {
    const Detail = JSON.stringify(detail);
    const entry = { EventBusName: busName, Source: 'chaos', DetailType: PUBLISH_DETAIL_TYPE, Detail };
    const answer = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (answer.FailedEntryCount !== 0) throw new Error(answer.Entries?.[0]?.ErrorCode ?? 'the event was not taken');
    return undefined;
  };
  return {
    name: 'eventbridge',
    send: ({ channel, type, data, key }) => put({ channel, type, data, key }),
    sendBatch: (batch) => put({ channel: batch[0].channel, ...eventsOf(batch), key: batch[0].key }),
    close: () => client.destroy(),
  };
}
