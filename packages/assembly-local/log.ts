import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Where functions, tasks and the local run itself write their lines. */
export interface Log {
  /** Shown only with `--verbose`. */
  detail(source: string, line: string): void;
  /** Always shown. */
  notice(source: string, line: string): void;
}

/** A log on a stream, standard error by default: standard output is for the command's results. */
export function createLog(options: { readonly verbose: boolean; readonly write?: (text: string) => void }): Log {
  const write = options.write ?? ((text) => process.stderr.write(text));
  const notice = (source: string, line: string) => write(`[${source}] ${line}\n`);
  return { notice, detail: options.verbose ? notice : () => undefined };
}

/**
 * Copies the lines of a child process into the log, as details, except for JSON lines of level ERROR or FATAL
 * and standard error, which are always shown.
 */
export function logOutput(log: Log, source: string, output: { readonly stdout: Readable | null; readonly stderr: Readable | null }): void {
  if (output.stdout !== null) {
    createInterface({ input: output.stdout }).on('line', (line) => (isError(line) ? log.notice(source, line) : log.detail(source, line)));
  }
  if (output.stderr !== null) createInterface({ input: output.stderr }).on('line', (line) => log.notice(source, line));
}

function isError(line: string): boolean {
  return /"level":"(error|fatal)"/i.test(line);
}
