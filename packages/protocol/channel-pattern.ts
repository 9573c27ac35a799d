/** A name of a channel, or the beginning of one followed by `*`. */
const PATTERN = /^(?:[A-Za-z0-9_.:-]{1,128}|[A-Za-z0-9_.:-]{0,127}\*)$/;

/**
 * Whether the text is a channel pattern: `chat` stands for that channel, `orders.*` for every channel whose name begins
 * with `orders.`, and `*` for all.
 */
export function isChannelPattern(text: string): boolean {
  return PATTERN.test(text);
}

/** The beginning of the names that a pattern stands for; undefined if it stands for the one channel of its name. */
export function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
}

/** Whether a pattern stands for the channel. */
export function matchesChannel(pattern: string, channel: string): boolean {
  const prefix = prefixOf(pattern);
  return prefix === undefined ? channel === pattern : channel.startsWith(prefix);
}

/** Whether a pattern stands for every channel that the narrower one stands for. */
export function coversPattern(pattern: string, narrower: string): boolean {
  // The narrower one's own `*` can only follow what both begin with.
  return matchesChannel(pattern, narrower);
}
