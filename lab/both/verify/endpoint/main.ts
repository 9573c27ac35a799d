/** `npm run verify:endpoint`: tests what `npm run verify:deploy -- --endpoint` promises. See `-- --help`. */
import { createCommand, runCommand } from '../../../../command-line/command.ts';
import { stageOption } from '../../../../command-line/stage-option.ts';
import { UNAVAILABLE, UnavailableError } from '../unavailable.ts';

interface Options {
  readonly stage: string;
}

const parse = (argv: readonly string[]): Options =>
  createCommand(
    'verify:endpoint',
    'Starts MiniStack behind TLS, with things of somebody else in it, and runs npm run verify:deploy against it: refused, interrupted, and to its end. Nothing of the others may be gone, and nothing of the stage left. Needs Python 3.11 or newer and PyPI.',
  )
    .addOption(stageOption('the stage to deploy', 'verify'))
    .parse(argv)
    .opts();

async function main({ stage }: Options, signal: AbortSignal): Promise<number | undefined> {
  // Not at the top: clients of all services would be loaded before `--help` is shown, or a bad value refused.
  const { verifyEndpoint } = await import('./verify-endpoint.ts');
  try {
    await verifyEndpoint({ stage, print: (line) => console.log(line), signal });
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof UnavailableError)) throw error;
    console.error(error.message);
    return UNAVAILABLE;
  }
}

await runCommand(parse, main);
