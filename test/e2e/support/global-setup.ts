import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** Synthesizes the development stage once, with the CDK's own command line, for all end-to-end tests. */
export default function synthesizeOnce(): void {
  const dir = mkdtempSync(join(tmpdir(), 'lanes-e2e-'));
  execFileSync('cdk', ['synth', '--quiet', '--output', dir, '-c', 'stage=dev'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  process.env['LANES_E2E_ASSEMBLY'] = dir;
}
