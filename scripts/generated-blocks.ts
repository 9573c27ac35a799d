/** A page of which some parts are generated: each stands between `<!-- generated: <name> -->` and `<!-- /generated -->`. */

const BLOCK = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

export const hasBlock = (page: string, name: string): boolean => page.includes(`<!-- generated: ${name} -->`);

/**
 * The page with its generated parts replaced.
 * @throws Error if it lacks one of them, or has one that is not given
 */
export function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  const found = new Set<string>();
  const written = page.replaceAll(BLOCK, (_, open: string, name: string, close: string) => {
    const text = blocks[name];
    if (text === undefined) throw new Error(`the page has a generated part "${name}", which nothing generates: remove its markers`);
    found.add(name);
    return `${open}\n${text}\n\n${close}`;
  });
  const missing = Object.keys(blocks).filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new Error(`the page has no place for ${missing.join(', ')}: add <!-- generated: <name> --> and <!-- /generated -->`);
  return written;
}
