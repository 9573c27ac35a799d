import { execFile } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';

/** One call of AWS's API, in the words of botocore. */
export interface AwsCall {
  /** `elbv2`, `cognito-idp` … */
  readonly service: string;
  /** `describe_load_balancers` … All pages are read where there are some. */
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** @default that of the environment */
  readonly region?: string;
  /** What of the answer is wanted, as a JMESPath expression. */
  readonly expression: string;
  /** Answers null where the call is refused, or its service is missing. */
  readonly optional?: boolean;
}

/** A call was refused, or its service is missing. The message is botocore's own. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
}

/** Makes calls, several at once since starting takes longest. Answers a list for each. @throws AwsCallError */
export type CallAws = (calls: readonly AwsCall[]) => Promise<readonly (readonly unknown[] | null)[]>;

const PROGRAM = join(import.meta.dirname, 'aws.py');
const ANSWERS = v.array(v.nullable(v.array(v.unknown())));
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/**
 * Calls through botocore, which is in the emulator's virtual environment anyway: AWS's own description of every service, where
 * the JavaScript SDK would be a package for each.
 *
 * @param env credentials, region and endpoint
 */
export function callAwsWith(venv: string, env: Readonly<Record<string, string>>): CallAws {
  return async (calls) => {
    const output = await new Promise<string>((resolve, reject) => {
      const options = { env, maxBuffer: MAX_ANSWER_BYTES };
      const child = execFile(join(venv, 'bin', 'python'), [PROGRAM], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        // The last line of a traceback is the exception.
        else reject(new AwsCallError(stderr.trim().split('\n').at(-1) ?? error.message));
      });
      child.stdin?.end(JSON.stringify(calls));
    });
    return v.parse(ANSWERS, JSON.parse(output));
  };
}
