import { join } from 'node:path';
import { CommandError, runUntil } from '../../../command-line/program.ts';
import { UnavailableError } from './unavailable.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SCRIPT = join(ROOT, 'scripts', 'python-environment');
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/**
 * The virtual environment that MiniStack is in. It is made at the first need, from PyPI.
 * @throws UnavailableError where there is no Python, it is too old, or PyPI cannot be reached
 */
export async function ministackEnvironment(signal: AbortSignal): Promise<string> {
  try {
    return await runUntil(signal)(SCRIPT, ['ministack', REQUIREMENTS]);
  } catch (error) {
    // It has no other way to fail, and says what is missing.
    if (error instanceof CommandError) throw new UnavailableError(error.said, { cause: error });
    throw error;
  }
}
