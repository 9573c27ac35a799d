import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../bundle.ts';

/**
 * Builds the console into a directory: `index.html`, and `assets/` with files that have the hash of their content in their
 * names. It is no part of the infrastructure's code: it is a program that is run here.
 */
export function buildConsole(outDir: string): void {
  execFileSync(process.execPath, [join(ROOT, 'packages', 'console', 'build.ts'), outDir], { stdio: ['ignore', 'ignore', 'inherit'] });
}
