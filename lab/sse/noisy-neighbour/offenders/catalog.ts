import { bigPolls } from './big-polls.ts';
import { flood } from './flood.ts';
import { freshNames } from './fresh-names.ts';
import { heldBodies } from './held-bodies.ts';
import { manyChannels } from './many-channels.ts';
import type { OffenderKind } from './offender.ts';
import { unreadPolls } from './unread-polls.ts';
import { unreadReplays } from './unread-replays.ts';

/** All ways to misbehave against a task, by the name that the command line has for each. */
export const OFFENDERS = {
  'unread-polls': unreadPolls,
  'unread-replays': unreadReplays,
  'big-polls': bigPolls,
  'many-channels': manyChannels,
  'fresh-names': freshNames,
  'held-bodies': heldBodies,
  flood,
} as const satisfies Readonly<Record<string, OffenderKind>>;

export type OffenderName = keyof typeof OFFENDERS;
