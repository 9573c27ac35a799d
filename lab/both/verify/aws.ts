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
  /** What of the answer is wanted, as a JMESPath expression. */
  readonly expression: string;
}

/** Makes calls, several at once since starting takes longest. Answers a list for each. */
export type CallAws = (calls: readonly AwsCall[]) => Promise<readonly (readonly unknown[])[]>;

const PROGRAM = join(import.meta.dirname, 'aws.py');
const ANSWERS = v.array(v.array(v.unknown()));
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
      const child = execFile(join(venv, 'bin', 'python'), [PROGRAM], options, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
      child.stdin?.end(JSON.stringify(calls));
    });
    return v.parse(ANSWERS, JSON.parse(output));
  };
}
