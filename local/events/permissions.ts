import { ACCOUNT } from '../assembly/resource-types.ts';
import type { Permissions } from '../iam/permission.ts';

/** What the operations of EventBridge need. The local run has the default bus only. */
export function eventPermissions(region: string): Permissions {
  return { PutEvents: () => [{ action: 'events:PutEvents', resource: `arn:aws:events:${region}:${ACCOUNT}:event-bus/default` }] };
}
