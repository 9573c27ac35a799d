import GithubSlugger from 'github-slugger';

/** The anchors of a page's headings, as GitHub generates them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  return new Set([...page.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => slugger.slug(heading)));
}
