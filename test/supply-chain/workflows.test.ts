import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const WORKFLOWS = join(import.meta.dirname, '..', '..', '.github', 'workflows');

/** The text of each job of every workflow, by `file/job`. */
const jobs = new Map(
  readdirSync(WORKFLOWS).flatMap((file) => {
    const [, body = ''] = readFileSync(join(WORKFLOWS, file), 'utf8').split(/^jobs:$/m);
    return body
      .split(/^ {2}(?=[\w-]+:$)/m)
      .slice(1)
      .map((job) => [`${file}/${job.slice(0, job.indexOf(':'))}`, job] as const);
  }),
);

const onPullRequests = [...jobs].filter(([name, job]) => name.startsWith('ci.yml/') || job.includes("event_name == 'pull_request'"));

test('what runs for a pull request with unreviewed code has no environment and no role that deploys', () => {
  expect(onPullRequests.map(([name]) => name)).toEqual(['ci.yml/check', 'deploy.yml/diff']);
  for (const [, job] of onPullRequests) {
    expect(job).not.toMatch(/^ {4}environment:/m);
    expect(job).not.toContain('vars.AWS_ROLE_ARN');
    expect(job).not.toContain('secrets.');
  }
});

test('the diff uses the role for diffs, and no change set, which needs the deploying role', () => {
  const diff = jobs.get('deploy.yml/diff');
  expect(diff).toMatch(/role-to-assume: .* vars\.AWS_DIFF_ROLE_ARN /);
  expect(diff).toMatch(/cdk diff --method=template /);
});

test('a stage is deployed from protected branches only, with the role of its environment', () => {
  const deploy = jobs.get('deploy.yml/deploy');
  expect(deploy).toMatch(/^ {4}if: github\.event_name != 'pull_request' && github\.ref_protected$/m);
  expect(deploy).toMatch(/^ {4}environment:/m);
  expect(deploy).toMatch(/role-to-assume: .* vars\.AWS_ROLE_ARN /);
});
