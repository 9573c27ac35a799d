import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './commands/extract.ts';

/**
 * What may be removed as a whole: a link into one of these folders, or a command of one, is checked while what it
 * belongs to is there, so that shared pages need no edit when a lane or the lab is deleted.
 */
const REMOVABLE: readonly { readonly folder: RegExp; readonly isThere: boolean }[] = [
  { folder: /(^|\/)websocket(\/|$)/, isThere: hasLane('websocket') },
  { folder: /(^|\/)sse(\/|$)/, isThere: hasLane('sse') },
  { folder: /(^|\/)both(\/|$)/, isThere: hasLane('websocket') && hasLane('sse') },
  { folder: /(^|\/)lab(\/|$)/, isThere: existsSync(join(ROOT, 'docs', 'lab')) },
  { folder: /(^|\/)template(\/|$)/, isThere: existsSync(join(ROOT, 'scripts', 'init')) },
];

function hasLane(lane: 'websocket' | 'sse'): boolean {
  return existsSync(join(ROOT, 'lib', lane));
}

/** Whether a path is in a folder that is gone with its lane or the lab. */
export const isRemoved = (path: string): boolean => REMOVABLE.some(({ folder, isThere }) => !isThere && folder.test(path));
