import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where built programs are kept; ignored by git. */
const CACHE = join(import.meta.dirname, '../../.cache');

/** A C program could not be built here. The message says what to install. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/**
 * Builds a C source, unless the same source was built before.
 * @param path of the source
 * @returns the path of the program
 * @throws BuildError
 */
export async function buildC(path: string, libraries: readonly string[], hint: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 12);
  const program = join(CACHE, `${basename(path, '.c')}-${hash}`);
  if (await exists(program)) return program;
  await mkdir(CACHE, { recursive: true });
  // Another run may be at it as well.
  const temporary = `${program}.${process.pid}`;
  try {
    await run('gcc', ['-O2', '-w', '-o', temporary, path, ...libraries.map((library) => `-l${library}`)]);
  } catch (cause) {
    throw new BuildError(`${basename(path)} could not be built with gcc: ${hint}`, { cause });
  }
  await rename(temporary, program);
  return program;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
