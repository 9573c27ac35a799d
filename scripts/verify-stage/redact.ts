/** What looks like a secret, and what stands in its place. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A JSON object in base64 begins so: tokens of any issuer.
  [/\beyJ[\w-]+(\.[\w-]*){0,2}/g, '<token>'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, '<access key>'],
  [/(?<=X-Amz-(Signature|Security-Token|Credential)=)[^&\s"]+/g, '<signature>'],
  // Not secret, and nobody's business in a public issue.
  [/\b\d{12}\b/g, '<account>'],
];

/**
 * A text without secrets.
 * @param secrets known ones; the parts of a token count too
 */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets.flatMap((secret) => [secret, ...secret.split('.')]).filter((part) => part.length >= 8);
  const withoutKnown = known.toSorted((a, b) => b.length - a.length).reduce((rest, part) => rest.replaceAll(part, '<secret>'), text);
  return PATTERNS.reduce((rest, [pattern, name]) => rest.replaceAll(pattern, name), withoutKnown);
}
