import { runCdk } from '../../../packages/assembly-local/cdk-cli.ts';
import type { Log } from '../../../packages/assembly-local/log.ts';

/** The CDK's command line did not succeed. The message holds what it said of the reason. */
export class CdkError extends Error {
  override readonly name = 'CdkError';
}

/** Runs a command of the CDK. @throws CdkError, or the signal's reason when it aborts first */
export type Cdk = (...args: readonly string[]) => Promise<void>;

export interface CdkOnOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Gets what the CDK prints, when details are asked for. */
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The CDK on an assembly that exists. */
export function cdkOn(assemblyDir: string, { env, log, signal }: CdkOnOptions): Cdk {
  return async (...args) => {
    const onLine = (line: string) => log.detail('cdk', line);
    const { code, output } = await runCdk([...args, '--app', assemblyDir, '--progress', 'events'], { env, signal, onLine });
    if (code !== 0) throw new CdkError(`cdk ${args.join(' ')} failed:\n${reasonsIn(output)}`);
  };
}

/** The lines that tell why: events of failed resources with their reasons, and the CDK's own last words. */
function reasonsIn(output: string): string {
  const reasons = output.split('\n').filter((line) => /_FAILED|❌|Error|error/.test(line));
  return (reasons.length > 0 ? reasons.join('\n') : output).trim();
}
