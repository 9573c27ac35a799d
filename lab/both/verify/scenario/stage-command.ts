import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { check, type Step } from '../../../../scripts/verify-stage/scenario/step.ts';
import type { World } from './world.ts';

const PROGRAM = join(import.meta.dirname, '../../../../scripts/verify-stage/main.ts');

/** What a user does after a deploy, as a process of its own. */
export const stageCommand: Step<World> = {
  name: 'npm run verify:stage finds the deployment by its stacks, and its report holds no token',
  async run({ cloud: { endpoint, awsEnv }, stage, token }) {
    const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-report-'));
    try {
      const file = join(directory, 'report.md');
      const ca = endpoint.caFile === undefined ? [] : ['--ca', endpoint.caFile];
      const args = ['--stage', stage, '--endpoint', endpoint.url, ...ca, '--report', file];
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        env: { PATH: process.env['PATH'], ...awsEnv, LANES_TOKEN: token },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      check(code === 0, `it ended with ${code}: ${stderr}${stdout}`);
      const report = await readFile(file, 'utf8');
      const [, result = ''] = /^\*\*(.*)\*\*$/m.exec(report) ?? [];
      check(/^[1-9]\d* ok, 0 failed/.test(result), `the report says ${result}`);
      const leaked = token.split('.').filter((part) => `${report}${stdout}${stderr}`.includes(part));
      check(leaked.length === 0, 'the report or the output has parts of the token');
      return result;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
