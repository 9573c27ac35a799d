import * as v from 'valibot';
import { ACCOUNT } from '../assembly/resource-types.ts';
import type { Permissions } from '../iam/permission.ts';

const text = v.optional(v.string(), '');
const entries = v.array(v.object({ Source: text, DetailType: text }));

/** What the operations of EventBridge need, entry by entry. The local run has only the default bus. */
export function eventPermissions(region: string): Permissions {
  const bus = { action: 'events:PutEvents', resource: `arn:aws:events:${region}:${ACCOUNT}:event-bus/default` };
  return {
    PutEvents: ({ Entries }) => {
      const parsed = v.safeParse(entries, Entries);
      if (!parsed.success) return [bus];
      return parsed.output.map(({ Source, DetailType }) => ({
        ...bus,
        context: { 'events:source': [Source], 'events:detail-type': [DetailType] },
      }));
    },
  };
}
