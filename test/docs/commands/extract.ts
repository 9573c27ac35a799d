import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** A command that a page tells the reader to type. */
export interface DocumentedCommand {
  readonly page: string;
  /** One line, without comment and continuation. */
  readonly text: string;
}

/** Folders beside the docs whose pages tell readers what to type, at any depth. */
const FOLDERS = ['docs', 'bench', 'client'] as const;

/** Decision records tell what was done at their time; packages have pages of their own. */
const LEFT_OUT = /(^|\/)(decisions|node_modules|dist|out|\.cache)\//;

/** Every page that tells readers what to do, those of the lanes included. */
export function pages(): readonly string[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...readdirSync(ROOT), ...below].filter((name) => name.endsWith('.md') && !LEFT_OUT.test(name)).sort();
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
