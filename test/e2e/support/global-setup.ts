import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../../packages/assembly-local/synth.ts';

/** Synthesizes the development stage once, with the CDK's own command line, for all end-to-end tests. */
export default async function synthesizeOnce(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'lanes-e2e-'));
  process.env['LANES_E2E_ASSEMBLY'] = dir;
  process.env['LANES_E2E_ACCESS_REPORTS'] = mkdtempSync(join(tmpdir(), 'lanes-e2e-access-'));
  await synthesize(dir, 'dev', { env: process.env, signal: new AbortController().signal });
}
