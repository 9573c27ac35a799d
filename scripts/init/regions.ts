/** Parts of shared files that belong to one lane, or to the two together. */

export const LANES = ['websocket', 'sse'] as const;
export type Lane = (typeof LANES)[number];

/** What a file or a region needs to be kept: one lane, or both. `template` goes in every project that is made. */
export type Owner = Lane | 'both' | 'template';
const OWNERS: readonly string[] = [...LANES, 'both', 'template'] satisfies readonly Owner[];

/** A region that does not end, ends twice, lies in another, or belongs to nobody. The message has file and line. */
export class RegionError extends Error {
  override readonly name = 'RegionError';
}

/** Whether what has this owner stays where these lanes do. */
export function stays(owner: Owner, lanes: readonly Lane[]): boolean {
  if (owner === 'template') return false;
  return owner === 'both' ? lanes.length === LANES.length : lanes.includes(owner);
}

const START = /^\s*(?:\/\/|#|%%|\{?\/\*|<!--) lane: (\S+?)\s*(?:\*\/\}?|-->)?$/;
const END = /^\s*(?:\/\/|#|%%|\{?\/\*|<!--) end lane\s*(?:\*\/\}?|-->)?$/;
/** A line of its own in Markdown, a row of a table too. */
const LINE = /^(.*\S) *<!-- lane: (\S+) -->( \|)?$/;

/**
 * The text without the regions of lanes that go, and without the marks of those that stay: `// lane: sse` … `// end lane`,
 * in Markdown `<!-- lane: sse -->` … `<!-- end lane -->`, in its diagrams `%% lane: sse`. A line of Markdown, or a row of a
 * table in its last cell, ends in `<!-- lane: sse -->` where it alone is the region.
 *
 * @param path for errors
 * @throws RegionError
 */
export function keepLanes(text: string, lanes: readonly Lane[], path: string): string {
  const kept: string[] = [];
  let open: Owner | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fail = (what: string) => new RegionError(`${path}:${index + 1}: ${what}`);
    const asOwner = (name: string): Owner => {
      if (isOwner(name)) return name;
      throw fail(`"${name}" is not a lane: ${OWNERS.join(', ')}`);
    };
    const staysHere = open === undefined || stays(open, lanes);
    const [, owner] = START.exec(line) ?? [];
    const [, head = '', ownerOfLine, tail = ''] = LINE.exec(line) ?? [];
    if (ownerOfLine !== undefined) {
      if (stays(asOwner(ownerOfLine), lanes) && staysHere) kept.push(`${head}${tail}`);
    } else if (owner !== undefined) {
      const begins = asOwner(owner);
      if (open !== undefined) throw fail(`a region of ${owner} begins inside of one of ${open}`);
      open = begins;
    } else if (END.test(line)) {
      if (open === undefined) throw fail('a region ends that has not begun');
      open = undefined;
    } else if (staysHere) {
      kept.push(line);
    }
  }
  if (open !== undefined) throw new RegionError(`${path}: the last region, of ${open}, does not end`);
  return kept.join('\n');
}

function isOwner(text: string): text is Owner {
  return OWNERS.includes(text);
}
