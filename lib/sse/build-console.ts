import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../bundle.ts';

/**
 * Builds the console into a directory: `index.html`, and `assets/` with files whose names contain a hash of
 * their content. The console is not part of the infrastructure's code: this runs its build as a program.
 */
export function buildConsole(outDir: string): void {
  execFileSync(process.execPath, [join(ROOT, 'packages', 'console', 'build.ts'), outDir], { stdio: ['ignore', 'ignore', 'inherit'] });
}
