import { posix } from 'node:path';
import type { Answers } from './answers.ts';
import { isKept, SCRIPTS } from './claims.ts';
import { keepLanes, stays } from './regions.ts';
import { rename } from './rename.ts';
import { configureStage, forgetPrefixList } from './stage-file.ts';

/** What becomes of a file. */
export type Change = { readonly kind: 'removed' } | { readonly kind: 'changed'; readonly text: string };

/**
 * What making a project of the template changes, by path. Files that stay as they are are not in it.
 *
 * @param files texts of all files of the template by path
 * @throws RegionError or StageFileError
 */
export function planChanges(files: ReadonlyMap<string, string>, answers: Answers): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  const kept = [...files.keys()].filter((path) => isKept(path, answers.lanes));
  // What a link or a command may name and is not there any more.
  const there = withFolders(kept);
  const gone = new Set([...withFolders([...files.keys()])].filter((path) => !there.has(path)));
  for (const path of files.keys()) if (!isKept(path, answers.lanes)) changes.set(path, { kind: 'removed' });
  for (const path of kept) {
    const text = files.get(path) ?? '';
    const changed = transform(path, text, answers, gone);
    if (changed !== text) changes.set(path, { kind: 'changed', text: changed });
  }
  return changes;
}

/** Paths, and those of all folders on the way to them. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))));
}

function transform(path: string, text: string, answers: Answers, gone: ReadonlySet<string>): string {
  const changed = rename(keepLanes(text, answers.lanes, path), answers);
  if (path === 'package.json') return narrowScripts(changed, answers, gone);
  if (path.endsWith('.md')) return narrowPage(changed, path, gone);
  if (path === 'lib/stages/preview.ts') return forgetPrefixList(changed);
  return path === 'lib/stages/dev.ts' || path === 'lib/stages/prod.ts' ? configureStage(changed, answers, path) : changed;
}

/** Commands of what is gone go, and no command names a folder that is gone. */
function narrowScripts(text: string, { lanes }: Answers, gone: ReadonlySet<string>): string {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(text);
  const withoutGone = (command: string) => command.split(' ').filter((word) => !gone.has(word));
  const scripts = Object.entries(manifest.scripts)
    .filter(([name]) => SCRIPTS[name] === undefined || stays(SCRIPTS[name], lanes))
    .map(([name, command]) => [name, withoutGone(command).join(' ')]);
  return `${JSON.stringify({ ...manifest, scripts: Object.fromEntries(scripts) }, undefined, 2)}\n`;
}

/** A link to what is gone becomes its text, and the README's list of folders names those that are there. */
function narrowPage(text: string, path: string, gone: ReadonlySet<string>): string {
  const target = (link: string) => posix.join(posix.dirname(path), link.replace(/#.*$/, '')).replace(/\/$/, '');
  return text
    .replaceAll(/\[([^\]]*)\]\(([^)\s:]+)\)/g, (link, label: string, to: string) => (gone.has(target(to)) ? label : link))
    .split('\n')
    .filter((line) => !gone.has(/^([\w-]+)\/ +\S/.exec(line)?.[1] ?? ''))
    .join('\n');
}
