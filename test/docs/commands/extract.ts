import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** A command that a page tells the reader to type. */
export interface DocumentedCommand {
  readonly page: string;
  /** One line, without comment and continuation. */
  readonly text: string;
}

/** Folders beside the docs whose pages tell readers what to type, at any depth. */
const FOLDERS = ['docs', 'lab', 'packages'] as const;

/** What was decided and changed names commands of its time, which a project may have removed. */
const HISTORY = /^(CHANGELOG\.md|docs\/decisions\/.*\.md)$/;

/** What is not ours, or not written by hand. */
const LEFT_OUT = /(^|\/)(node_modules|dist|out|\.cache)\//;

/** Every page of the repository's documentation, those of the lanes included. */
export function allPages(): readonly string[] {
  const below = FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...readdirSync(ROOT), ...below].filter((name) => name.endsWith('.md') && !LEFT_OUT.test(name)).sort();
}

/** Every page that tells readers what to do. */
export function pages(): readonly string[] {
  return allPages().filter((page) => !HISTORY.test(page));
}

/** The commands of a page: those of its `sh` blocks, and whole commands between backquotes in its prose. */
export function commandsOf(page: string): readonly DocumentedCommand[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^ *```(?:sh|bash|shell|console)\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => linesOf(block));
  const prose = text.replace(/^ *```[\s\S]*?^ *```/gm, '');
  const spans = [...prose.matchAll(/`((?:npm|npx|cdk|aws|curl|node) [^`\n]+)`/g)].flatMap(([, span = '']) => linesOf(span));
  return [...blocks, ...spans].map((command) => ({ page, text: command }));
}

/** Commands joined by `&&` are commands of their own. */
function linesOf(block: string): readonly string[] {
  return block
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => withoutComment(line).split(' && '))
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A `#` starts a comment where it starts a word outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (const [index, character] of [...line].entries()) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '#' && (index === 0 || /\s/.test(line.charAt(index - 1)))) return line.slice(0, index);
  }
  return line;
}
