/** `npm run check-account`: what an account lacks for a stage, before its first deploy. See `-- --help`. */
import { InvalidArgumentError, Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { stageOption } from '../../command-line/stage-option.ts';
import { assembly } from '../../command-line/values.ts';
import { withAssembly } from '../synthesize.ts';

interface Options {
  readonly stage: string;
  readonly app?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    'check-account',
    'Says what your AWS account lacks for a stage, and the command that gives it: before the first deploy. Only reads. Takes the credentials that the AWS CLI would take. Ends with 1 if the deploy would fail.',
  )
    .addOption(stageOption('the stage to deploy', 'dev'))
    .addOption(
      new Option('--app <dir>', 'an assembly of the stage that cdk synth has written, instead of synthesizing').argParser(assembly),
    )
    .addOption(new Option('--profile <name>', 'of ~/.aws/config, as AWS_PROFILE names it'))
    .addOption(new Option('--endpoint <url>', 'of an emulator, instead of AWS').argParser(httpUrl))
    .parse(argv)
    .opts();
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Give a URL such as http://127.0.0.1:4566.');
}

async function main({ stage: id, app, profile, endpoint }: Options, signal: AbortSignal): Promise<number | undefined> {
  // Where the SDK looks for it.
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  // Not at the top: the CDK and the clients of all services would be loaded before `--help` is shown.
  const [{ stageNamed }, { openAccount }, { readStacks }, { checkAccount }, { report, wouldFail }] = await Promise.all([
    import('../../lib/stages.ts'),
    import('./aws-account.ts'),
    import('./assembly.ts'),
    import('./check.ts'),
    import('./report.ts'),
  ]);
  const stage = stageNamed(id);
  // First: without credentials, the synth would be for nothing.
  const account = await openAccount({ region: stage.region, endpoint, signal });
  const stacks = app === undefined ? await withAssembly(id, { checks: false, signal }, readStacks) : readStacks(app);
  console.log(`${id} in ${stage.region}, account ${account.id}, asked by ${account.caller}\n`);
  const findings = await checkAccount(stage, stacks, account, signal);
  console.log(report(findings));
  return wouldFail(findings) ? 1 : undefined;
}

await runCommand(parse, main);
