import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { UnavailableError } from './unavailable.ts';

const ROOT = join(import.meta.dirname, '..');
const SCRIPT = join(ROOT, 'scripts', 'python-environment');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/**
 * The virtual environment that MiniStack is in. It is made at the first need, from PyPI.
 * @throws UnavailableError where there is no Python, it is too old, or PyPI cannot be reached
 */
export function ministackEnvironment(signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(SCRIPT, ['ministack', REQUIREMENTS], { signal }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new UnavailableError(stderr.trim() || error.message, { cause: error }));
    });
  });
}
