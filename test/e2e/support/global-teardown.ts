import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';
import { findings, type KeptGrant, mergeReports, readReports } from '../../../packages/assembly-local/iam/report.ts';

/** A role was granted what no test needs, or was refused what it asked for. */
class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
}

/** What Jest hands to a global teardown, as far as it is used. */
interface Selection {
  readonly testPathPatterns: { readonly patterns: readonly string[] };
  readonly testNamePattern?: Config['testNamePattern'] | undefined;
}

/** The lists of all folders beside this one: those of lanes come and go with their folders. */
async function keptGrants(): Promise<readonly KeptGrant[]> {
  const files = globSync('*/kept-grants.ts', { cwd: join(import.meta.dirname, '..') });
  const lists = files.map(async (file) => ((await import(`../${file}`)) as { readonly KEPT_GRANTS: readonly KeptGrant[] }).KEPT_GRANTS);
  return (await Promise.all(lists)).flat();
}

/**
 * Judges what the roles of all runs were granted and used, where every end-to-end test was run: a part of them cannot tell
 * what is surplus.
 */
export default async function tearDown({ testPathPatterns, testNamePattern = '' }: Selection): Promise<void> {
  const { LANES_E2E_ASSEMBLY: assembly, LANES_E2E_ACCESS_REPORTS: reports } = process.env;
  try {
    if (reports === undefined || testPathPatterns.patterns.length > 0 || testNamePattern !== '') return;
    const lines = findings(mergeReports(readReports(reports)), await keptGrants());
    if (lines.length > 0) throw new PrivilegeError(`least privilege:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  } finally {
    for (const dir of [assembly, reports]) if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  }
}
