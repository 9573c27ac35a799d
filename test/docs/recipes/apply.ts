import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A code block of a page, and what a reader does with it. */
export interface Edit {
  readonly file: string;
  readonly code: string;
  /** Undefined for a new file. */
  readonly at?: { readonly where: 'above' | 'below' | 'in the place of'; readonly line: string };
}

const EDIT = /^(?:New file|In) `([^`]+)`(?:, (above|below|in the place of) `([^`]+)`)?:\n\n```ts\n([\s\S]*?)^```$/gm;

/** The edits of a page, in its order. @throws Error where a code block does not say what to do with it */
export function editsOf(page: string): readonly Edit[] {
  const edits = [...page.matchAll(EDIT)].map(([, file = '', where, line = '', code = '']): Edit => {
    if (where === undefined) return { file, code };
    return { file, code, at: { where: where as 'above' | 'below' | 'in the place of', line } };
  });
  const blocks = [...page.matchAll(/^```ts$/gm)].length;
  if (edits.length !== blocks) throw new Error(`${blocks - edits.length} code blocks do not say where they belong`);
  return edits;
}

/** Does what a reader does. @throws Error where the file has no such line */
export function applyEdit(root: string, { file, code, at }: Edit): void {
  const path = join(root, file);
  if (at === undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code, { flag: 'wx' });
    return;
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.trim().startsWith(at.line));
  if (index < 0) throw new Error(`${file} has no line that begins with ${at.line}`);
  const [from, removed] = { above: [index, 0], below: [index + 1, 0], 'in the place of': [index, 1] }[at.where] as [number, number];
  lines.splice(from, removed, ...code.trimEnd().split('\n'));
  writeFileSync(path, lines.join('\n'));
}
