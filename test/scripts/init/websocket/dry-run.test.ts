import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../../..');
const ANSWERS = ['--name', 'order-feed', '--edge', 'alb', '--region', 'eu-central-1', '--lanes', 'sse', '--auth', 'cognito'];

test('--dry-run lists what would be removed and changed, and changes nothing', () => {
  const treeOf = () => spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).stdout;
  const before = treeOf();
  const { status, stdout } = spawnSync(process.execPath, ['scripts/init/main.ts', '--dry-run', ...ANSWERS], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^- lambda\/websocket\/frame\.ts$/m);
  expect(stdout).toMatch(/^~ lib\/lanes\.ts$/m);
  expect(stdout).toMatch(/^\d+ files would go, \d+ changed$/m);
  expect(treeOf()).toBe(before);
});
