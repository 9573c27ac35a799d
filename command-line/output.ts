import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from './command.ts';

/**
 * A file in every folder that a command writes: which command it was, and every file that it has written
 * there.
 */
const MARK = '.made-by.json';

interface Mark {
  readonly command: string;
  readonly files: readonly string[];
}

/**
 * Rejects a folder that contains files.
 * @throws UsageError
 */
export function checkEmpty(folder: string): void {
  const [file] = filesIn(folder);
  if (file !== undefined) throw new UsageError(`${folder} is not empty, it contains ${file}: choose a new or empty folder`);
}

/**
 * Rejects a folder that contains anything other than what this command wrote there before.
 * @throws UsageError
 */
export function checkFolder(folder: string, command: string): void {
  const written = readMark(folder, command);
  const foreign = filesIn(folder).find((file) => !written.includes(file));
  if (foreign === undefined) return;
  throw new UsageError(
    `${folder} contains ${foreign}, which ${command} did not write: choose a new or empty folder, or move the file away`,
  );
}

/**
 * Replaces the folder that the command wrote before with a new one. If `write` fails, the old one stays.
 * @param write gets an empty folder next to the old one, so that relative paths to the surroundings are the
 * same
 * @throws UsageError as {@link checkFolder} does; whatever `write` throws
 */
export async function replaceFolder(folder: string, command: string, write: (empty: string) => void | Promise<void>): Promise<void> {
  checkFolder(folder, command);
  mkdirSync(dirname(folder), { recursive: true });
  const target = existsSync(folder) ? realpathSync(folder) : resolve(folder);
  const fresh = `${target}.${process.pid}`;
  mkdirSync(fresh);
  try {
    await write(fresh);
    const mark: Mark = { command, files: [MARK, ...filesIn(fresh)].sort() };
    writeFileSync(join(fresh, MARK), `${JSON.stringify(mark, undefined, 2)}\n`);
    // Somebody may have added files in the meantime.
    checkFolder(target, command);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Rejects a file that exists and was not written by the command.
 * @param isOurs whether this is the text of a file that the command has written before
 * @throws UsageError
 */
export function checkFile(file: string, command: string, isOurs: (text: string) => boolean): void {
  const folder = dirname(file);
  if (!existsSync(folder))
    throw new UsageError(`${file} cannot be written: the folder ${folder} does not exist. Create it, or choose another file`);
  if (!existsSync(file)) return;
  if (statSync(file).isDirectory()) throw new UsageError(`${file} is a folder: choose a file`);
  if (!isOurs(readFileSync(file, 'utf8'))) {
    throw new UsageError(`${file} exists, and ${command} did not write it: choose another file, or move it away`);
  }
}

/**
 * The files below a folder, sorted, as paths relative to it; none if the folder does not exist. Links below
 * it are not followed.
 * @throws UsageError if it is not a folder
 */
function filesIn(folder: string): readonly string[] {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  // A link counts as what it points to.
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`${folder} is not a folder: choose a folder, or a name for a new one`);
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function readMark(folder: string, command: string): readonly string[] {
  try {
    const mark: Mark = JSON.parse(readFileSync(join(folder, MARK), 'utf8'));
    return mark.command === command ? mark.files : [];
  } catch {
    // The mark is missing or not ours, so nothing in the folder is ours.
    return [];
  }
}
