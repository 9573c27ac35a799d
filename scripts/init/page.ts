import { posix } from 'node:path';
import { LANES, type Lane } from './regions.ts';

/** What a page may name, and is not there any more. */
export interface Leftovers {
  /** Paths of files and folders that went. */
  readonly gone: ReadonlySet<string>;
  /** Anchors of the pages that stay, by path. */
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
  readonly lanes: readonly Lane[];
}

/**
 * A page of Markdown after files, sections and a lane have gone: a link to what is gone becomes its text, a column that is
 * headed by a lane that is gone goes, and lists of folders name those that are there.
 */
export function narrowPage(text: string, path: string, { gone, anchors, lanes }: Leftovers): string {
  const isGone = (link: string) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file).replace(/\/$/, '');
    return gone.has(target) || (anchor !== undefined && anchors.get(target)?.has(anchor) === false);
  };
  return narrowTables(text, lanes)
    .replaceAll(/\[([^\]]*)\]\(([^)\s:]+)\)/g, (link, label: string, to: string) => (isGone(to) ? label : link))
    .split('\n')
    .flatMap((line) => narrowFolder(line, gone))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

/** A line of a list of folders, `lib/  infrastructure: backbone/, sse/ (the service)`, without those that are gone. */
function narrowFolder(line: string, gone: ReadonlySet<string>): readonly string[] {
  const [, folder] = /^([\w-]+)\/ +\S/.exec(line) ?? [];
  if (folder === undefined) return [line];
  if (gone.has(folder)) return [];
  return [line.replaceAll(/, ([\w-]+)\/(?: \([^)]*\))?/g, (item, name: string) => (gone.has(`${folder}/${name}`) ? '' : item))];
}

const ROW = /^\|.*\|$/;

function narrowTables(text: string, lanes: readonly Lane[]): string {
  let dropped: ReadonlySet<number> = new Set();
  let inTable = false;
  return text
    .split('\n')
    .map((line) => {
      const isRow = ROW.test(line);
      if (isRow && !inTable) dropped = columnsWithout(lanes, cellsOf(line));
      inTable = isRow;
      if (!isRow || dropped.size === 0) return line;
      const cells = cellsOf(line).filter((_, index) => !dropped.has(index));
      return `|${cells.join('|')}|`;
    })
    .join('\n');
}

/** Cells of a row, with the blanks around their texts. */
function cellsOf(row: string): readonly string[] {
  return row.slice(1, -1).split(/(?<!\\)\|/);
}

const HEADED_BY: Readonly<Record<Lane, RegExp>> = { sse: /\bSSE\b/, websocket: /\bWebSockets?\b/ };

/** The columns that are headed by a lane that is gone. */
function columnsWithout(lanes: readonly Lane[], headings: readonly string[]): ReadonlySet<number> {
  const left = LANES.filter((lane) => !lanes.includes(lane));
  return new Set(headings.flatMap((heading, index) => (left.some((lane) => HEADED_BY[lane].test(heading)) ? [index] : [])));
}
