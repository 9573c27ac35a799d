/** `npm run verify:packages`: see `npm run verify:packages -- --help`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../../command-line/command.ts';
import { CommandError, runUntil } from '../../../../command-line/program.ts';
import { CHECKS, type CheckName } from './checks.ts';
import { pack } from './pack.ts';

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
const UNAVAILABLE = 69;

/** What npm says if it cannot reach its registry. */
const NO_REGISTRY = /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT)\b/;

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
    for (const name of only) {
      const folder = join(home, name);
      await CHECKS[name]({ folder, tarball, run: runUntil(signal, { cwd: folder, linesShown: 40 }) });
      console.log(`${name}: passed`);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError) || !NO_REGISTRY.test(error.said)) throw error;
    console.error(`The npm registry did not answer: ${error.message}`);
    return UNAVAILABLE;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
