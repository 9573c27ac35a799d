import { bigPagePoll, fillBigPage } from './big-page.ts';
import { isOneUser, type OffenderKind, userOf } from './offender.ts';
import { repeatRequests } from './repeated-requests.ts';

const CLIENTS = { oneUser: 90, many: 200 };

/** Finding 1.3: many clients poll the same page of 6 MiB, read it, and poll it again. */
export const bigPolls: OffenderKind = {
  finding: '1.3',
  title: 'polls of 6 MiB, one after the other',
  prepare: fillBigPage,
  start: (attack) =>
    repeatRequests({
      base: attack.base,
      connections: isOneUser(attack) ? CLIENTS.oneUser : CLIENTS.many,
      next: (index) => bigPagePoll(attack.heads, userOf(attack, index)),
    }),
};
