import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { type Answer, startAws, withAws } from '../../scripts/check-account/aws-server.ts';
import { assemblyDir } from '../support/run.ts';

const ROOT = join(import.meta.dirname, '../../..');

const identity: Answer = {
  body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/ann</Arn><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
};

/** The command, for what was synthesized for these tests, against a server in the place of AWS. */
async function checkAccount(endpoint: string) {
  const child = spawn(
    process.execPath,
    ['scripts/check-account/main.ts', '--stage', 'dev', '--app', assemblyDir(), '--endpoint', endpoint],
    {
      cwd: ROOT,
      env: { ...process.env, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_MAX_ATTEMPTS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout, stderr, code };
}

test('who may ask nothing gets told so for every check, and not that the account lacks anything', async () => {
  const { asked, stdout, stderr } = await withAws(
    ({ operation }) => (operation === 'GetCallerIdentity' ? identity : undefined),
    async (aws) => ({ ...(await checkAccount(aws.endpoint)), asked: aws.asked }),
  );

  expect(stderr).toBe('');
  expect(stdout).toContain('dev in ');
  expect(stdout).toContain('account 111111111111, asked by arn:aws:iam::1:user/ann');
  expect(stdout).toMatch(/^not checked {2}CDK bootstrap of \S+: AccessDenied/m);
  expect(stdout).toMatch(/^not checked {2}stack \S+Backbone: AccessDenied: not authorized to perform DescribeStacks \(HTTP 403\)$/m);
  expect(stdout).not.toMatch(/^(PROBLEM|warning) (?!.*is an example)/m);
  expect(asked.filter(({ operation }) => !/^(Get|List|Describe)[A-Z]|^GET /.test(operation))).toEqual([]);
}, 60_000);

test('what would fail is printed with its command, and ends with 1', async () => {
  const { stdout, code } = await withAws(
    ({ operation }) => {
      if (operation === 'GetCallerIdentity') return identity;
      return operation === 'GetParameter' ? { status: 400, body: '{"__type":"ParameterNotFound"}' } : undefined;
    },
    (aws) => checkAccount(aws.endpoint),
  );

  expect(stdout).toMatch(/^PROBLEM +CDK bootstrap of (\S+): there is none\n +-> npx cdk bootstrap aws:\/\/111111111111\/\1$/m);
  expect(code).toBe(1);
}, 60_000);

test('an endpoint that is not there is an error in one line, and ends with 1', async () => {
  const { endpoint, close } = await startAws(() => undefined);
  await close();
  const { stdout, stderr, code } = await checkAccount(endpoint);

  expect(stdout).toBe('');
  expect(stderr).toMatch(/^error: NoAccountError: http:\S+ does not say whose account this is: .*ECONNREFUSED.*\n$/);
  expect(code).toBe(1);
}, 60_000);
