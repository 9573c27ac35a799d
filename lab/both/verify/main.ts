/** `npm run verify:deploy` and `npm run verify:image`: `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { stageOption } from '../../../command-line/stage-option.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { UnavailableError } from './unavailable.ts';

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
const UNAVAILABLE = 69;

interface Options {
  readonly stage: string;
  readonly containers: boolean;
  readonly verbose: boolean;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    ['verify:deploy', 'verify:image'],
    'Deploys the app with the CDK into MiniStack, an independent emulator of AWS, uses what was deployed, and destroys it again. Needs Python 3.11 or newer and PyPI; no AWS account and no Docker.',
  )
    .addOption(stageOption('the stage to deploy', 'verify'))
    .addOption(
      new Option(
        '--containers',
        'build the container image too, and run the tasks of the SSE service in it, as npm run verify:image does; needs root on Linux, buildah, runc, debootstrap and a Debian mirror',
      ).default(false),
    )
    .addOption(new Option('--verbose', 'show what the CDK prints, and the log lines of tasks').default(false))
    .parse(argv)
    .opts();
}

async function main({ stage, containers, verbose }: Options, signal: AbortSignal): Promise<number | undefined> {
  // Not at the top: clients of all services would be loaded before `--help` is shown, or a bad value refused.
  const { verifyDeployment } = await import('./verify.ts');
  try {
    await verifyDeployment({ stage, containers, log: createLog({ verbose }), print: (line) => console.log(line), signal });
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof UnavailableError)) throw error;
    console.error(error.message);
    return UNAVAILABLE;
  }
}

await runCommand(parse, main);
