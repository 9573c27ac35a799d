import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { bundleFunction, ROOT } from '../../../lib/bundle.ts';
import { type BundleSize, bundleSize } from '../../../scripts/bundle-size.ts';
import type { PartOptions } from '../../shared/report/section.ts';
import type { ColdStartQuestion, ColdStartReply } from './cold-start-program.ts';
import { type Programs, withPrograms } from './programs.ts';

export interface ColdStartFigures extends BundleSize {
  /** The file that exports the handler, from the repository's root. */
  readonly entry: string;
  /** One for each cold start. */
  readonly samples: readonly ColdStartReply[];
}

/** Every file that exports a handler. */
function functionEntries(): readonly string[] {
  return globSync('lambda/**/*.ts', { cwd: ROOT })
    .filter((file) => /^export const handler\b/m.test(readFileSync(join(ROOT, file), 'utf8')))
    .sort();
}

/** Bundles every function as the stacks do, and loads each in fresh processes. */
export async function measureColdStarts(options: PartOptions): Promise<readonly ColdStartFigures[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lanes-cold-start-'));
  try {
    return await withPrograms(options.signal, (programs) => measureIn(directory, programs, options));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measureIn(directory: string, programs: Programs, { quick, rounds, progress }: PartOptions): Promise<ColdStartFigures[]> {
  const functions = functionEntries().map((entry) => {
    progress(`cold starts: bundling ${entry}`);
    const outDir = join(directory, entry.replaceAll('/', '-'));
    bundleFunction(entry, outDir);
    const file = join(outDir, 'index.mjs');
    return { entry, file, samples: [] as ColdStartReply[] };
  });
  const starts = quick ? 3 : 5 * rounds;
  for (let start = 1; start <= starts; start++) {
    for (const { entry, file, samples } of functions) {
      progress(`cold starts: ${basename(entry)}, ${start} of ${starts}`);
      // The option that the stacks give every function.
      const env = { NODE_OPTIONS: '--enable-source-maps' };
      const program = programs.start<ColdStartQuestion, ColdStartReply>('cold-start-program.ts', { env });
      samples.push(await program.ask({ file }));
      await program.stop();
    }
  }
  return functions.map(({ entry, file, samples }) => ({ entry, samples, ...bundleSize(file) }));
}
