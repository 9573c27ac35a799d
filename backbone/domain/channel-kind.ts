import { matchesChannel } from '../../packages/protocol/channel-pattern.ts';
import type { ChannelKind } from '../../packages/protocol/index.ts';

/** Which channels are of a kind: see `logSettings.channels`. */
export interface ChannelRule {
  /** A channel, or a prefix followed by `*`. */
  readonly match: string;
  readonly kind: ChannelKind;
}

/** The kind of a channel. It follows from the name alone, so that every process agrees without asking. */
export type KindOf = (channel: string) => ChannelKind;

/** @param rules the first that matches decides; a channel that none matches is durable */
export function kindsBy(rules: readonly ChannelRule[]): KindOf {
  return (channel) => rules.find(({ match }) => matchesChannel(match, channel))?.kind ?? 'durable';
}
