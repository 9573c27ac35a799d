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

/** In every folder that a command writes: which command, and every file that it has written there. */
const MARK = '.made-by.json';

interface Mark {
  readonly command: string;
  readonly files: readonly string[];
}

/**
 * Refuses a folder that holds a file.
 * @throws UsageError
 */
export function checkEmpty(folder: string): void {
  const [file] = filesIn(folder);
  if (file !== undefined) throw new UsageError(`${folder} holds ${file}: name a new or an empty folder`);
}

/**
 * Refuses a folder that holds anything else than what this command has written there before.
 * @throws UsageError
 */
export function checkFolder(folder: string, command: string): void {
  const written = readMark(folder, command);
  const foreign = filesIn(folder).find((file) => !written.includes(file));
  if (foreign === undefined) return;
  throw new UsageError(
    `${folder} holds ${foreign}, which ${command} has not written: name a new or an empty folder, or move the file away`,
  );
}

/**
 * Puts a folder that the command writes in the place of the one that it wrote before. Where `write` fails, that one stays.
 * @param write gets an empty folder beside the other, so that relative paths to what is around it are the same
 * @throws UsageError as {@link checkFolder} does; what `write` throws
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
    // Somebody may have put something there meanwhile.
    checkFolder(target, command);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Refuses a file that exists and is not what the command writes.
 * @param isOurs whether this is the text of one that the command has written before
 * @throws UsageError
 */
export function checkFile(file: string, command: string, isOurs: (text: string) => boolean): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`${file} cannot be written: there is no folder ${folder}`);
  if (!existsSync(file)) return;
  if (statSync(file).isDirectory()) throw new UsageError(`${file} is a folder: name a file`);
  if (!isOurs(readFileSync(file, 'utf8'))) {
    throw new UsageError(`${file} exists, and ${command} has not written it: name another file, or move it away`);
  }
}

/**
 * The files below a folder that may not be there, sorted, by their paths from it. Links below it are not followed.
 * @throws UsageError where it is no folder
 */
function filesIn(folder: string): readonly string[] {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  // A link counts as what it leads to.
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`${folder} is no folder: name one, or one to be made`);
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
    // None, or not ours: then nothing in the folder is.
    return [];
  }
}
