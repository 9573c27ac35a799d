/**
 * Looks for secrets in every file of the repository that git does not ignore, and in those that are named:
 * `node scripts/find-secrets.ts [file …]`. Ends with 1 when there is one, and says where without showing it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

const ROOT = join(import.meta.dirname, '..');
const RULES = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }];

/** Committed or not yet. One that is deleted but not committed as such is still listed. */
function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  return [...new Set(listed.split('\0'))].filter((name) => name !== '').map((name) => join(ROOT, name));
}

const files = [...repositoryFiles().filter((file) => existsSync(file)), ...process.argv.slice(2)];
let secrets = 0;
for (const file of files) {
  const { messages } = await lintSource({
    source: { filePath: file, content: readFileSync(file, 'utf8'), ext: extname(file), contentType: 'text' },
    options: { config: { rules: RULES }, maskSecrets: true },
  });
  for (const { message, loc } of messages) console.log(`${relative(ROOT, file)}:${loc.start.line} ${message}`);
  secrets += messages.length;
}
console.log(`${files.length} files, ${secrets} secrets`);
process.exitCode = secrets === 0 ? 0 : 1;
