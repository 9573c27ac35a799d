import { join } from 'node:path';
import { runUntil } from '../../../../command-line/program.ts';

const CLIENT = join(import.meta.dirname, '../..');

/** Builds and packs the client library. @returns the tarball, in `folder` */
export async function pack(folder: string, signal: AbortSignal): Promise<string> {
  const run = runUntil(signal, { cwd: CLIENT });
  const printed = await run('npm', ['pack', '--json', '--pack-destination', folder]);
  // What `prepack` prints comes before it.
  const [packed]: readonly { readonly filename: string }[] = JSON.parse(printed.slice(printed.indexOf('[\n')));
  if (packed === undefined) throw new Error(`npm pack has packed nothing: ${printed}`);
  return join(folder, packed.filename);
}
