/** `npm run verify:deploy` and `npm run verify:image`: `-- --help` tells the options. */
import { InvalidArgumentError, Option } from 'commander';
import { createCommand, runCommand, UsageError } from '../../../command-line/command.ts';
import { addEndpointOptions, checkEndpointOptions, type EndpointOptions } from '../../../command-line/endpoint.ts';
import { stageOption } from '../../../command-line/stage-option.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { UNAVAILABLE, UnavailableError } from './unavailable.ts';

interface Options extends EndpointOptions {
  readonly stage: string;
  readonly leaveOut: readonly string[];
  readonly containers: boolean;
  readonly verbose: boolean;
}

function parse(argv: readonly string[]): Options {
  const command = createCommand(
    ['verify:deploy', 'verify:image'],
    'Deploys the app with the CDK into MiniStack, an independent emulator of AWS, or into an emulator that is running already; uses what was deployed, replaces its topic, and destroys it again. Needs Python 3.11 or newer and PyPI; no AWS account and no Docker.',
  ).addOption(stageOption('the stage to deploy', 'verify'));
  const options: Options = addEndpointOptions(
    command,
    'an emulator that is running already; nothing there is deleted but what this run has made',
  )
    .addOption(
      new Option('--leave-out <type...>', 'types of resources that the emulator does not take, such as AWS::EC2::FlowLog')
        .argParser(resourceTypes)
        .default([], 'none but those that MiniStack does not take'),
    )
    .addOption(
      new Option(
        '--containers',
        'build the container image too, and run the tasks of the SSE service in it, as npm run verify:image does; needs root on Linux, buildah, runc, debootstrap and a Debian mirror',
      ).default(false),
    )
    .addOption(new Option('--verbose', 'show what the CDK prints, and the log lines of tasks').default(false))
    .parse(argv)
    .opts();
  checkEndpointOptions(options);
  if (options.containers && options.endpoint !== undefined) {
    throw new UsageError(`--containers cannot be combined with --endpoint ${options.endpoint}: leave one of them out`);
  }
  return options;
}

function resourceTypes(text: string, others: readonly string[]): readonly string[] {
  if (/^(AWS|Custom)::[A-Za-z0-9:_-]+$/.test(text)) return [...others, text];
  throw new InvalidArgumentError('Give the type of a resource as templates write it, such as AWS::EC2::FlowLog.');
}

async function main({ verbose, ...options }: Options, signal: AbortSignal): Promise<number | undefined> {
  // Not at the top: clients of all services would be loaded before `--help` is shown, or a bad value refused.
  const { verifyDeployment } = await import('./verify.ts');
  try {
    await verifyDeployment({ ...options, log: createLog({ verbose }), print: (line) => console.log(line), signal });
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof UnavailableError)) throw error;
    console.error(error.message);
    return UNAVAILABLE;
  }
}

await runCommand(parse, main);
