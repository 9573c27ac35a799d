import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the examples of the README into an app, which checks their types, and runs those that are tests. */
export function writeExamples(folder: string): void {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  for (const [index, [, code = '']] of [...readme.matchAll(/^```tsx\n(.*?)^```$/gms)].entries()) {
    writeFileSync(join(folder, `readme-${index + 1}${code.includes("from 'vitest'") ? '.test' : ''}.tsx`), code);
  }
}
