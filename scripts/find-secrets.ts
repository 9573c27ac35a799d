/** `npm run secrets`: looks for secrets, and tells where they are without showing them. See `-- --help`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { Argument, InvalidArgumentError } from 'commander';
import { createCommand, runCommand } from '../command-line/command.ts';

const ROOT = join(import.meta.dirname, '..');
const RULES = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }];

/** Committed or not yet. A file that is deleted without a commit is still listed. */
function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  return [...new Set(listed.split('\0'))].filter((name) => name !== '').map((name) => join(ROOT, name));
}

function parse(argv: readonly string[]): readonly string[] {
  return createCommand(
    'secrets',
    'Looks for secrets in every file of the repository that git does not ignore. Ends with 1 when there is one, and says where without showing it.',
  )
    .addArgument(new Argument('[file...]', 'files to look at too').argParser(collect).default([]))
    .parse(argv).processedArgs[0];
}

function collect(text: string, before: readonly string[]): readonly string[] {
  if (statSync(text, { throwIfNoEntry: false })?.isFile()) return [...before, text];
  throw new InvalidArgumentError('There is no such file.');
}

async function main(named: readonly string[], signal: AbortSignal): Promise<number | undefined> {
  const files = [...repositoryFiles().filter((file) => existsSync(file)), ...named];
  let secrets = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const { messages } = await lintSource({
      source: { filePath: file, content: readFileSync(file, 'utf8'), ext: extname(file), contentType: 'text' },
      options: { config: { rules: RULES }, maskSecrets: true },
    });
    for (const { message, loc } of messages) console.log(`${relative(ROOT, file)}:${loc.start.line} ${message}`);
    secrets += messages.length;
  }
  console.log(`${files.length} files, ${secrets} secrets`);
  return secrets === 0 ? undefined : 1;
}

await runCommand(parse, main);
