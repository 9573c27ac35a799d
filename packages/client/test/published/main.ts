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
    'Packs the client library as npm would publish it, lints the tarball, and installs it into fresh projects in a temporary directory, which then use it against a stub server. Needs an npm registry; takes half a minute.',
  )
    .addOption(new Option('--only <check...>', 'what to check').choices(names).default(names, 'all'))
    .parse(argv)
    .opts();
}

async function main({ only }: Options, signal: AbortSignal): Promise<number | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'lanes-packages-'));
  try {
    const tarball = await pack(home, signal);
    return await withRegistry(async () => {
      for (const name of only) {
        const folder = join(home, name);
        await CHECKS[name]({ folder, tarball, run: runUntil(signal, { cwd: folder, linesShown: 40 }) });
        console.log(`${name}: passed`);
      }
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
