import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PUBLISH_DETAIL_TYPE } from '../../../../backbone/contract.ts';
import { type AwsAccess, clientSettings } from '../aws-access.ts';
import type { Lane } from './publisher.ts';

/** Events put on the bus of the stage. They are accepted only: the publish function gets them later, perhaps more than once. */
export function eventBridgeLane(access: AwsAccess, busName: string): Lane {
  const client = new EventBridgeClient(clientSettings(access));
  return {
    name: 'eventbridge',
    async send({ channel, type, data, key }) {
      const answer = await client.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: busName,
              Source: 'chaos',
              DetailType: PUBLISH_DETAIL_TYPE,
              Detail: JSON.stringify({ channel, type, data, key }),
            },
          ],
        }),
      );
      if (answer.FailedEntryCount !== 0) throw new Error(answer.Entries?.[0]?.ErrorCode ?? 'the event was not taken');
      return undefined;
    },
    close: () => client.destroy(),
  };
}
