/** `npm run verify:stage`: uses a stage after its deploy, and writes a report. See `-- --help`. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import {
  addEndpointOptions,
  checkEndpointOptions,
  type EndpointOptions,
  endpointCredentials,
  reachEndpoint,
} from '../../command-line/endpoint.ts';
import { checkFile } from '../../command-line/output.ts';
import { runUntil } from '../../command-line/program.ts';
import { stageOption } from '../../command-line/stage-option.ts';
import { redact } from './redact.ts';
import { isReport, renderReport } from './report.ts';
import type { Outcome } from './scenario/step.ts';
import { readToken, TOKEN_VARIABLE } from './token.ts';

interface Options extends EndpointOptions {
  readonly stage: string;
  readonly report?: string;
}

function parse(argv: readonly string[]): Options {
  const command = createCommand(
    'verify:stage',
    `Uses a stage that is deployed: publishes by every entrance, subscribes over every transport, resumes, changes transports, tries tokens; then writes a report without secrets. Takes the credentials of the AWS CLI, and a token of the stage's issuer in ${TOKEN_VARIABLE}, which must allow verify.* for subscribing and publishing.`,
  )
    .addOption(stageOption('the stage', 'dev'))
    .addOption(new Option('--report <file>', 'where to write the report').default(undefined, 'verify-<stage>-<time>.md'));
  const options: Options = addEndpointOptions(command, 'an emulator that the stage is deployed into, instead of AWS').parse(argv).opts();
  checkEndpointOptions(options);
  return options;
}

async function main({ stage, endpoint: url, ca, report = defaultName(stage) }: Options, signal: AbortSignal): Promise<number | undefined> {
  const token = readToken(process.env);
  const file = resolve(report);
  checkFile(file, 'npm run verify:stage', isReport);
  const endpoint = url === undefined ? undefined : await reachEndpoint(url, ca);
  const secrets = [token, ...secretKeys(process.env)];

  // Not at the top: the CDK and the clients would be loaded before `--help` is shown, or a bad value refused.
  const { verifyStage } = await import('./verify-stage.ts');
  const onOutcome = (outcome: Outcome) => console.log(redact(describe(outcome), secrets));
  const verification = await verifyStage({ stage, endpoint, token, onOutcome, signal });
  writeFileSync(file, redact(renderReport({ ...verification, commit: await commit(signal) }), secrets));
  console.log(`report: ${file}`);
  return verification.outcomes.some(({ kind }) => kind === 'failed') ? 1 : undefined;
}

function describe(outcome: Outcome): string {
  const { name, kind } = outcome;
  if (kind === 'ok') return `ok: ${name}\n    ${outcome.seen} (${outcome.seconds.toFixed(1)} s)`;
  return kind === 'failed' ? `FAILED: ${outcome.error.message}` : `not exercised: ${name}: ${outcome.reason}`;
}

const defaultName = (stage: string): string => `verify-${stage}-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.md`;

/** Keys for AWS that a message might quote. */
const secretKeys = (environment: NodeJS.ProcessEnv): readonly string[] =>
  [endpointCredentials(environment).secretAccessKey, environment['AWS_SESSION_TOKEN'] ?? ''].filter((key) => key !== '' && key !== 'test');

/** The commit that this clone is at; the report may come from a copy without git. */
async function commit(signal: AbortSignal): Promise<string> {
  return runUntil(signal, { cwd: import.meta.dirname })('git', ['describe', '--always', '--dirty']).catch(() => 'unknown');
}

await runCommand(parse, main);
