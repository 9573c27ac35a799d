import { bigPagePoll, fillBigPage } from './big-page.ts';
import { holdSockets, requestHead } from './held-sockets.ts';
import { isOneUser, type OffenderKind, userOf } from './offender.ts';

const SOCKETS = { oneUser: 300, many: 600 };

/** Finding 1.1: clients that poll a page of 6 MiB and read none of it. */
export const unreadPolls: OffenderKind = {
  finding: '1.1',
  title: 'polls of 6 MiB that nobody reads',
  prepare: fillBigPage,
  start: (attack) =>
    holdSockets({
      base: attack.base,
      count: isOneUser(attack) ? SOCKETS.oneUser : SOCKETS.many,
      request: (index) => {
        const { path, headers } = bigPagePoll(attack.heads, userOf(attack, index));
        return [requestHead(`GET ${path}`, headers)];
      },
    }),
};
