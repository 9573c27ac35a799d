import { Access } from '../../iam/access.ts';
import { Roles } from '../../iam/roles.ts';
import { Sessions } from '../../iam/sessions.ts';
import { testLog } from './log.ts';

/** An account without roles: every signer is its administrator. */
export function accountWithoutRoles(): { readonly access: Access; readonly sessions: Sessions } {
  const sessions = new Sessions();
  return { access: new Access({ roles: new Roles([]), sessions, policyOf: () => [], log: testLog().log }), sessions };
}

/** The policy of a queue that accepts messages from any topic and any rule. */
export const OPEN_POLICY = JSON.stringify({
  Statement: {
    Effect: 'Allow',
    Principal: { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] },
    Action: 'sqs:SendMessage',
    Resource: '*',
  },
});
