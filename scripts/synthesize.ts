import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/**
 * Synthesizes a stage into a directory that is gone afterwards.
 * @param read what to do with the assembly; its result is returned
 * @throws Error when the synth fails, with what it printed
 */
export function withAssembly<T>(stage: string, read: (assemblyDir: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-assembly-'));
  try {
    const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    execFileSync(process.execPath, [cli, 'synth', '--quiet', '--output', directory, '-c', `stage=${stage}`], { cwd: ROOT, stdio: 'pipe' });
    return read(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
