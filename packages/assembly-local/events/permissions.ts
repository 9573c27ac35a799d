import * as v from 'valibot';
import { ACCOUNT } from '../assembly/resource-types.ts';
import type { Permissions } from '../iam/permission.ts';

const text = v.optional(v.string(), '');
const entries = v.array(v.object({ Source: text, DetailType: text, EventBusName: v.optional(v.string(), 'default') }));

/** What the operations of EventBridge need, entry by entry. */
export function eventPermissions(region: string): Permissions {
  const arnOf = (bus: string) => (bus.startsWith('arn:') ? bus : `arn:aws:events:${region}:${ACCOUNT}:event-bus/${bus}`);
  const action = 'events:PutEvents';
  return {
    PutEvents: ({ Entries }) => {
      const parsed = v.safeParse(entries, Entries);
      if (!parsed.success) return [{ action, resource: arnOf('*') }];
      return parsed.output.map(({ Source, DetailType, EventBusName }) => ({
        action,
        resource: arnOf(EventBusName),
        context: { 'events:source': [Source], 'events:detail-type': [DetailType] },
      }));
    },
  };
}
