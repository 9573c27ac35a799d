/** `npm run verify:deploy`: see `npm run verify:deploy -- --help`. */
import { Command, Option } from 'commander';
import { USAGE_ERROR } from '../local/command-line.ts';
import { createLog } from '../local/log.ts';
import { onParentGone } from '../local/parent-watch.ts';
import { UnavailableError } from './unavailable.ts';
import { verifyDeployment } from './verify.ts';

/** EX_UNAVAILABLE of sysexits.h: nothing was checked, since something that it takes is missing here. */
const UNAVAILABLE = 69;

const INTERRUPTED = 130;

const program = new Command('npm run verify:deploy --')
  .description(
    'Deploys the app with the CDK into MiniStack, an independent emulator of AWS, uses what was deployed, and destroys it again. Needs Python 3.11 or newer and PyPI; no AWS account and no Docker.',
  )
  .addOption(new Option('--stage <name>', 'the stage to deploy').default('verify'))
  .addOption(
    new Option(
      '--containers',
      'build the container image too, and run the tasks of the SSE service in it; needs root on Linux, buildah, runc, debootstrap and a Debian mirror',
    ).default(false),
  )
  .addOption(new Option('--verbose', 'show what the CDK prints, and the log lines of tasks').default(false))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR))
  .action(main);

interface Options {
  readonly stage: string;
  readonly containers: boolean;
  readonly verbose: boolean;
}

async function main({ stage, containers, verbose }: Options): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  onParentGone(() => stopping.abort());
  try {
    await verifyDeployment({ stage, containers, log: createLog({ verbose }), print: (line) => console.log(line), signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) {
      console.error('interrupted');
      process.exit(INTERRUPTED);
    }
    if (error instanceof UnavailableError) {
      console.error(error.message);
      process.exit(UNAVAILABLE);
    }
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    if (verbose && error instanceof Error) console.error(error.stack);
    process.exit(1);
  }
  process.exit();
}

await program.parseAsync();
