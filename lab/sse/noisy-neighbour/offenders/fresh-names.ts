import { MAX_CHANNELS } from '../../../../packages/protocol/channel.ts';
import { authorization } from '../publishing.ts';
import { isOneUser, type OffenderKind, userOf } from './offender.ts';
import { repeatRequests } from './repeated-requests.ts';

const CLIENTS = { oneUser: 16, many: 64 };

/** Enough to see whether reading has made anything. */
const CHECKED = 1_000;

const nameOf = (index: number) => `never.${index}`;

/** Finding 1.6: polls and streams, in turn, of names that were never used, as many in one request as it takes. */
export const freshNames: OffenderKind = {
  finding: '1.6',
  title: 'polls and streams of names never used',
  start: (attack) =>
    repeatRequests({
      base: attack.base,
      connections: isOneUser(attack) ? CLIENTS.oneUser : CLIENTS.many,
      next: (index) => {
        const names = Array.from({ length: MAX_CHANNELS }, (_, n) => nameOf(index * MAX_CHANNELS + n));
        return {
          path: `/v1/events?${new URLSearchParams(names.map((name) => ['channel', name]))}`,
          headers: {
            Accept: index % 2 === 0 ? 'application/json' : 'text/event-stream',
            ...authorization(userOf(attack, index)),
          },
        };
      },
    }),
  async check(task) {
    const heads = await task.call('heads', { channels: Array.from({ length: CHECKED }, (_, index) => nameOf(index)) });
    const made = Object.keys(heads).length;
    return made === 0 ? undefined : `reading wrote ${made} of the first ${CHECKED} names`;
  },
};
