import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));

/** Targets of the links of a page that are files of this repository. */
function linkedFiles(page: string): readonly string[] {
  const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return links.filter((target) => !/^([a-z]+:|#)/.test(target)).map((target) => join(dirname(page), target.replace(/#.*$/, '')));
}

test.each(pages)('%s links to nothing that is not there', (page) => {
  expect(linkedFiles(page).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
