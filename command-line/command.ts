import { Command, CommanderError } from 'commander';
import { INTERRUPTED, stopSignal } from './stop.ts';

/** Exit codes of every command of the repository; {@link INTERRUPTED} is the third. */
const FAILED = 1;
const USAGE_ERROR = 2;

/** What the user has typed cannot be done: nothing was started. The message has the bad value, and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * A command of package.json. Options are added to it as commander documents it; `parse(argv)` then ends `--help` and what makes no
 * sense by an error that {@link runCommand} turns into an exit code.
 *
 * @param scripts its names in package.json; help shows the one that npm was given, and else the first
 */
export function createCommand(scripts: string | readonly [string, ...string[]], description: string): Command {
  return createProgram(typedName([scripts].flat()), description);
}

/** A program that is no script of package.json. @param typed what comes before its arguments */
export function createProgram(typed: string, description: string): Command {
  return (
    new StrictCommand(typed)
      .description(description)
      .configureOutput({ outputError: (text, write) => write(usageLine(text, typed)) })
      // Throws instead of ending the process.
      .exitOverride()
  );
}

/** Names the arguments that nobody asked for, which commander only counts. */
class StrictCommand extends Command {
  override parse(argv: readonly string[]): this {
    this.allowExcessArguments();
    super.parse(argv);
    const wanted = this.registeredArguments;
    const [excess] = wanted.some(({ variadic }) => variadic) ? [] : this.args.slice(wanted.length);
    if (excess !== undefined) this.error(`error: unexpected argument '${excess}'`);
    return this;
  }
}

/** As the user types it. */
function typedName(scripts: readonly string[]): string {
  const script = scripts.find((name) => name === process.env['npm_lifecycle_event']) ?? scripts[0];
  return script === 'start' ? 'npm start --' : `npm run ${script} --`;
}

function usageLine(text: string, typed: string): string {
  return `${text.trim().replaceAll('\n', ' ')} (see ${typed} --help)\n`;
}

/** What a command does: answers its exit code where that is not 0, and stops when the signal aborts, with everything that it has started. */
export type Main<Options> = (options: Options, signal: AbortSignal) => number | undefined | Promise<number | undefined>;

/**
 * Runs a command and ends the process: with 0 after `--help` and success, 1 where it failed, 2 where the arguments make no sense, and
 * 130 where Ctrl-C or another signal ended it. What a user can have caused is told in a line, without a stack.
 *
 * @param parse reads `process.argv`; everything that can be checked before long work begins is checked here, or first thing in `main`
 */
export async function runCommand<Options>(parse: (argv: readonly string[]) => Options, main: Main<Options>): Promise<never> {
  // `npm run … | head`: nobody reads any more.
  process.stdout.once('error', () => process.exit(FAILED));
  const code = await exitCode(parse, main);
  // A pipe that npm has made non-blocking takes 64 KiB at once; the rest would be lost with the process.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((written) => stream.write('', written))));
  process.exit(code);
}

async function exitCode<Options>(parse: (argv: readonly string[]) => Options, main: Main<Options>): Promise<number> {
  let verbose = false;
  let signal: AbortSignal | undefined;
  try {
    const options = parse(process.argv);
    verbose = isVerbose(options);
    signal = stopSignal();
    const code = await main(options, signal);
    return code ?? (signal.aborted ? INTERRUPTED : 0);
  } catch (error) {
    // Commander has printed what it throws.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    process.stderr.write(signal?.aborted ? 'interrupted\n' : `error: ${describe(error, verbose)}\n`);
    if (signal?.aborted) return INTERRUPTED;
    return error instanceof UsageError ? USAGE_ERROR : FAILED;
  }
}

function isVerbose(options: unknown): boolean {
  return (options as { readonly verbose?: boolean } | undefined)?.verbose === true;
}

/** The error's name and message, and the messages of its causes; the stack instead where that is what helps. */
function describe(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error);
  if (verbose || isBug(error)) return error.stack ?? error.message;
  const named = error.name === 'Error' || error instanceof UsageError ? '' : `${error.name}: `;
  return named + messages(error).join(': ');
}

function messages(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  // Node puts the reasons of several addresses that were tried into one error without a text.
  const own = error instanceof AggregateError ? error.errors.flatMap(messages).join('; ') : error.message;
  return [own, ...(error.cause === undefined ? [] : messages(error.cause))];
}

/** Whether it is the program that is wrong, and not what it was given. What `fetch` throws has a cause. */
function isBug(error: Error): boolean {
  return (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) && error.cause === undefined;
}
