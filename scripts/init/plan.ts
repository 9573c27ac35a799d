import { anchorsOf } from '../markdown.ts';
import type { Answers } from './answers.ts';
import { isKept, SCRIPTS } from './claims.ts';
import { type Leftovers, narrowPage } from './page.ts';
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
  const texts = new Map(kept.map((path) => [path, rename(keepLanes(files.get(path) ?? '', answers.lanes, path), answers)]));
  const pages = [...texts].filter(([path]) => path.endsWith('.md'));
  const anchors = new Map(pages.map(([path, text]) => [path, anchorsOf(text)]));
  for (const [path, text] of texts) {
    const changed = transform(path, text, answers, { gone, anchors, lanes: answers.lanes });
    if (changed !== files.get(path)) changes.set(path, { kind: 'changed', text: changed });
  }
  return changes;
}

/** Paths, and those of all folders on the way to them. */
function withFolders(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))));
}

function transform(path: string, text: string, answers: Answers, leftovers: Leftovers): string {
  if (path === 'package.json') return narrowScripts(text, answers, leftovers.gone);
  if (path.endsWith('.md')) return narrowPage(text, path, leftovers);
  if (path === 'lib/stages/preview.ts') return forgetPrefixList(text);
  return path === 'lib/stages/dev.ts' || path === 'lib/stages/prod.ts' ? configureStage(text, answers, path) : text;
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
