import { type Answers, stackPrefix } from './answers.ts';

const TEMPLATE = { name: 'realtime-lanes', stackPrefix: 'Lanes' } as const;

/** Names that others know: they stay what they are, whatever the project is called. */
const KEPT = /@realtime-lanes\/client/g;

/**
 * A text under the project's own name: package, descriptions, titles, and the beginning of stack names. Environment keys, cookie, claim,
 * sub-protocol and the client's package keep theirs, since running clients and code know them.
 */
export function rename(text: string, { name }: Pick<Answers, 'name'>): string {
  const aside = '\u0000client\u0000';
  return text
    .replaceAll(KEPT, aside)
    .replaceAll(TEMPLATE.name, name)
    .replaceAll(aside, '@realtime-lanes/client')
    .replaceAll(new RegExp(`\\b${TEMPLATE.stackPrefix}(?=(?:Dev|Prod|Preview|Verify|Nowhere)|\\$\\{)`, 'g'), stackPrefix(name));
}
