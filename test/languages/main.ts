/** `npm run verify:languages`: see `npm run verify:languages -- --help`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import type { LocalRun } from '../../packages/assembly-local/run.ts';
import { lanePages } from './lane-pages.ts';
import { isInstalled, LANGUAGES, type Language } from './toolchains.ts';

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
const UNAVAILABLE = 69;

interface Options {
  readonly only: readonly Language[];
}

function parse(argv: readonly string[]): Options {
  const names = Object.keys(LANGUAGES);
  return createCommand(
    'verify:languages',
    'Runs the programs of the pages about other languages against the local run, loses, repeats and reorders notifications, cuts connections, and checks that the programs print every event once and in order. Leaves out languages that are not installed. Needs their package registries.',
  )
    .addOption(new Option('--only <language...>', 'which to run').choices(names).default(names, 'all'))
    .parse(argv)
    .opts();
}

async function main({ only }: Options, signal: AbortSignal): Promise<number | undefined> {
  const installed = only.filter((language) => isInstalled(language));
  for (const language of only) {
    if (!installed.includes(language)) console.log(`NOT CHECKED: ${language}: there is no ${LANGUAGES[language].tool} on the PATH`);
  }
  if (installed.length === 0) return UNAVAILABLE;
  const home = mkdtempSync(join(tmpdir(), 'lanes-languages-'));
  // Not at the top: all of the local run would be loaded before `--help` is shown.
  const { startFaultyRun } = await import('./local-run.ts');
  const { checkProgram } = await import('./check.ts');
  let run: LocalRun | undefined;
  try {
    run = await startFaultyRun(join(home, 'assembly'), signal);
    for (const page of await lanePages()) {
      for (const language of installed) {
        const name = `${page.lane}-${language}`;
        await checkProgram({ page, language, run, folder: join(home, name), signal }).catch((cause: unknown) => {
          throw new Error(name, { cause });
        });
        console.log(`${page.lane}, ${language}: resumed after each cut; no event lost, repeated or out of order`);
      }
    }
    return undefined;
  } finally {
    await run?.close();
    rmSync(home, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
