/** Whether a text matches, with `*` for any characters and `?` for one. */
export type Matcher = (text: string) => boolean;

/** A pattern of actions, which are not case-sensitive. */
export function actionMatcher(pattern: string): Matcher {
  return toMatcher(pattern, 'i');
}

/** A pattern of plain texts. */
export function textMatcher(pattern: string): Matcher {
  return toMatcher(pattern, '');
}

/**
 * A pattern of ARNs: each of the six parts is compared separately, so a `*` does not match across a colon
 * into the next part.
 */
export function arnMatcher(pattern: string): Matcher {
  if (pattern === '*') return () => true;
  const parts = arnParts(pattern).map(textMatcher);
  return (arn) => {
    const candidate = arnParts(arn);
    return candidate.length === parts.length && parts.every((matches, at) => matches(candidate[at] ?? ''));
  };
}

/** Partition, service, Region, account and the rest, which may contain colons itself. */
function arnParts(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function toMatcher(pattern: string, flags: string): Matcher {
  if (!/[*?]/.test(pattern)) {
    if (flags === '') return (text) => text === pattern;
    const wanted = pattern.toLowerCase();
    return (text) => text.toLowerCase() === wanted;
  }
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, `s${flags}`);
  return (text) => expression.test(text);
}
