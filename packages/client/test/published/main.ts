/** `npm run verify:packages`: see `npm run verify:packages -- --help`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../../command-line/command.ts';
import { withRegistry } from '../../../../command-line/npm-registry.ts';
import { runUntil } from '../../../../command-line/program.ts';
import { CHECKS, type CheckName } from './checks.ts';
import { pack } from './pack.ts';

interface Options {
  readonly only: readonly CheckName[];
}

function parse(argv: readonly string[]): Options {
  const names = Object.keys(CHECKS);
  return createCommand(
    'verify:packages',
    'Packs the client library and the React package as npm would publish them, lints the tarballs, and installs them into fresh projects in a temporary directory, which then use them against a stub server or the local run. Needs an npm registry; takes some minutes.',
  )
    .addOption(new Option('--only <check...>', 'what to check').choices(names).default(names, 'all'))
    .parse(argv)
    .opts();
}

async function main({ only }: Options, signal: AbortSignal): Promise<number | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'lanes-packages-'));
  try {
    return await withRegistry(async () => {
      const tarballs = await pack(home, signal);
      for (const name of only) {
        const folder = join(home, name);
        await CHECKS[name]({ folder, tarballs, run: runUntil(signal, { cwd: folder, linesShown: 40 }), signal });
        console.log(`${name}: passed`);
      }
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
