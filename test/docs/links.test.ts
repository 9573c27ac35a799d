import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchorsOf } from '../../scripts/markdown.ts';
import { allPages, ROOT } from './commands/extract.ts';
import { isRemoved } from './removed.ts';

const pages = allPages();

/** Targets of the links and pictures of a page that lead into this repository, `file#anchor`. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)| (?:src|srcset)="([^"\s]+)"/g)].map(([, link, picture]) => link ?? picture ?? '');
  return targets.filter((target) => !/^([a-z]+:|\/)/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (isRemoved(target)) return true;
  const file = join(ROOT, target);
  return existsSync(file) && (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor));
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
});

describe('a link', () => {
  test('to a file or an anchor that does not exist leads nowhere', () => {
    expect(leadsSomewhere('README.md', 'docs/no-such-page.md')).toBe(false);
    expect(leadsSomewhere('README.md', 'docs/operations.md#no-such-heading')).toBe(false);
  });

  test('is found in text and in pictures', () => {
    expect(linksOf('README.md')).toEqual(expect.arrayContaining(['docs/verification.md', 'docs/images/architecture-dark.svg']));
  });
});

test('no page contains lane markers', () => {
  const marked = pages.filter((page) => /(<!--|%%) *(lane:|end lane)/.test(readFileSync(join(ROOT, page), 'utf8')));
  expect(marked).toEqual([]);
});
