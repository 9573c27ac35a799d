import { isChannelPattern } from '../../packages/protocol/channel-pattern.ts';

/** Fixed text that ends in a dot, the subject, and then nothing or a dot and the rest of a pattern. */
const OWN = /^([A-Za-z0-9_.:-]+\.)\$\{sub\}((?:\.[A-Za-z0-9_.:-]*\*?)?)$/;

/**
 * A subject as one segment of a channel's name. Letters, digits, `-` and `_` stay; every other byte of its UTF-8 is
 * `:` and two hexadecimal digits, as in percent-encoding: `auth0|17` becomes `auth0:7C17`. Different subjects have
 * different segments, and no segment contains a dot or a `*`.
 *
 * @returns undefined for a subject with a lone surrogate, which has no UTF-8
 */
export function segmentOf(subject: string): string | undefined {
  if (!subject.isWellFormed()) return undefined;
  const encoded = encodeURIComponent(subject).replace(/[.!~*'()]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  return encoded.replaceAll('%', ':');
}

/**
 * What a token's pattern with `${sub}` allows its subject: `user.${sub}.*` is `user.ann.*` for `ann`. The subject is one
 * whole segment behind a fixed one, so no subject reaches the channels of another, whatever it contains.
 *
 * @returns no pattern if no channel can have such a name; undefined if the text has no such form
 */
export function ownPatterns(text: string, subject: string): readonly string[] | undefined {
  const [, before, after] = OWN.exec(text) ?? [];
  if (before === undefined || after === undefined) return undefined;
  const segment = segmentOf(subject);
  return segment === undefined ? [] : [`${before}${segment}${after}`].filter(isChannelPattern);
}
