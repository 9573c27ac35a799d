import { join } from 'node:path';
import { runUntil } from '../../../../command-line/program.ts';

const PACKAGES = join(import.meta.dirname, '../../..');

/** The file of each package. */
export interface Tarballs {
  readonly client: string;
  readonly react: string;
}

/** Builds and packs the packages that are published, into `folder`. */
export async function pack(folder: string, signal: AbortSignal): Promise<Tarballs> {
  return { client: await packOne('client', folder, signal), react: await packOne('react', folder, signal) };
}

async function packOne(name: string, folder: string, signal: AbortSignal): Promise<string> {
  const run = runUntil(signal, { cwd: join(PACKAGES, name) });
  const printed = await run('npm', ['pack', '--json', '--pack-destination', folder]);
  // What `prepack` prints comes before it: that of `npm ci` is JSON, too.
  const [packed]: readonly { readonly filename: string }[] = JSON.parse(printed.slice(printed.search(/^\[$/m)));
  if (packed === undefined) throw new Error(`npm pack has packed nothing: ${printed}`);
  return join(folder, packed.filename);
}
