import { dirname, join, normalize } from 'node:path/posix';
import type { Answers } from './answers.ts';

/** What makes projects of the template, and helps to decide what to make: no project contains it. */
const TEMPLATE_ONLY = [
  'CHANGELOG.md',
  'docs/template',
  'docs/which.md',
  'scripts/init',
  'scripts/which',
  'test/scripts/init',
  'test/scripts/which',
  'test/command-line/template',
  'lab/init',
];

/** Folders of an unwanted lane are left out wherever they are, and so are those that need both lanes. */
const isLeftOut = (folder: string, { lanes }: Answers): boolean =>
  lanes !== 'both' && folder !== lanes && ['both', 'sse', 'websocket'].includes(folder);

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function isKept(path: string, answers: Answers, lab: boolean): boolean {
  const folders = path.split('/').slice(0, -1);
  if (folders.some((folder) => isLeftOut(folder, answers))) return false;
  return ![...TEMPLATE_ONLY, ...(lab ? [] : ['lab', 'docs/lab'])].some((folder) => isBelow(path, folder));
}

/** `order-feed` becomes the stack prefix `OrderFeed`. */
export const stackPrefix = (name = ''): string => name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * The texts of a project by path, made from those of the template: files of unwanted lanes and tools are left
 * out.
 * @param lab whether it keeps the tools of `lab/`
 */
export function makeProject(files: ReadonlyMap<string, string>, answers: Answers, lab: boolean): ReadonlyMap<string, string> {
  const kept = [...files].filter(([path]) => isKept(path, answers, lab));
  const there = new Set(kept.flatMap(([path]) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))));
  const isGone = (path: string) => !there.has(path) && [...files.keys()].some((file) => isBelow(file, path));
  return new Map(kept.map(([path, text]) => [path, rename(change(path, text, answers, isGone), answers)]));
}

function change(path: string, text: string, answers: Answers, isGone: (path: string) => boolean): string {
  if (path === 'package.json') return narrowScripts(text, isGone);
  if (path === 'lib/lanes.ts')
    return text.replaceAll(/^export \{ (\w+) \}.*\n/gm, (line, lane: string) => (isLeftOut(lane, answers) ? '' : line));
  if (path.startsWith('lib/stages/')) return configureStage(text, answers);
  if (!path.endsWith('.md')) return text;
  return text.replaceAll(/\[([^\]]*)\]\(([^)\s:#]+)[^)\s]*\)/g, (link, label: string, to: string) =>
    isGone(normalize(join(dirname(path), to)).replace(/\/$/, '')) ? label : link,
  );
}

/** Removes commands whose program is gone, and references to folders that are gone. */
function narrowScripts(text: string, isGone: (path: string) => boolean): string {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(text);
  const words = Object.entries(manifest.scripts).map(([name, command]) => [name, command.split(' ')] as const);
  const kept = words.filter(([, [first, , program = '']]) => first !== 'exec' || !isGone(program));
  const scripts = kept.map(([name, command]) => [name, command.filter((word) => !isGone(word)).join(' ')]);
  return `${JSON.stringify({ ...manifest, scripts: Object.fromEntries(scripts) }, undefined, 2)}\n`;
}

/** CloudFront's prefix list has a different id in each Region; synth warns until it is set. The limit per address stays the stage's. */
const cloudFrontEdge = (shipped: string): string =>
  `    edge: { type: 'cloudfront', originPrefixListId: 'pl-00000000', ${/requestsPerAddress: ([\d_]+|null)/.exec(shipped)?.[0]} },\n`;

/** A file under `lib/stages/` with the answers filled in. Numbers and comments stay. */
function configureStage(text: string, { region = '', edge, issuer, audience, jwks, clientId }: Answers): string {
  const named = { url: issuer, audience, jwksUri: jwks, ...(clientId !== undefined && { clientId }) };
  return text
    .replace(/^ {4}region: '[^']*',$/m, `    region: '${region}',`)
    .replace(/pl-[0-9a-f]+/, 'pl-00000000')
    .replaceAll(/arn:aws:acm:[a-z0-9-]+:111122223333/g, `arn:aws:acm:${region}:111122223333`)
    .replace(/^ {4}auth: \{ ?/m, (start) => (issuer === undefined ? start : `    auth: { issuer: ${JSON.stringify(named)}, `))
    .replace(/^ {4}edge: \{\n[\s\S]*?^ {4}\},\n/m, (shipped) => (edge === 'cloudfront' ? cloudFrontEdge(shipped) : shipped));
}

/**
 * Environment keys, cookie, claim, sub-protocol and the client's package keep their names, because running
 * clients and code depend on them.
 */
function rename(text: string, { name = '' }: Answers): string {
  return text
    .replaceAll(/(?<!@)realtime-lanes(?!\/client)/g, name)
    .replaceAll(/\bLanes(?=(?:Dev|Minimal|Prod|Preview|Staging|Verify|Nowhere)|\$\{)/g, stackPrefix(name));
}

/** The package name in a static or dynamic import, or in a `require`. */
const IMPORT = /(?:from|import|import\(|require\(|resolve\() ?'((?:@[^/']+\/)?[^/'.][^/']*)/g;

/** Packages that files imported before, and none imports now. */
export function packagesLeftOver(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const importedBy = (files: ReadonlyMap<string, string>) => {
    const code = [...files].filter(([path]) => /\.\w?[jt]sx?$/.test(path));
    return new Set(code.flatMap(([, text]) => [...text.matchAll(IMPORT)].map(([, name = '']) => name)));
  };
  const now = importedBy(after);
  return [...importedBy(before)].filter((name) => !now.has(name));
}
