import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const ALL = ['--name', 'order-feed', '--lanes', 'sse', '--edge', 'alb', '--region', 'eu-central-1', '--auth', 'cognito'];

const init = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['scripts/init/main.ts', ...args], { cwd: ROOT, encoding: 'utf8' });

test('--help tells every option', () => {
  const { status, stdout } = init('--help');
  expect(status).toBe(0);
  for (const option of [
    '--name',
    '--lanes',
    '--edge',
    '--region',
    '--auth',
    '--issuer',
    '--audience',
    '--jwks',
    '--client-id',
    '--dry-run',
  ]) {
    expect(stdout).toContain(option);
  }
});

test.each([
  ['--name', 'Order Feed'],
  ['--lanes', 'carrier'],
  ['--edge', 'nginx'],
  ['--region', 'europe'],
  ['--issuer', 'http://id.example.com'],
  ['--auth', 'none'],
])('%s %s is a usage error that names the value', (option, value) => {
  const { status, stderr } = init('--dry-run', option, value);
  expect(status).toBe(2);
  expect(stderr).toContain(value);
});

test('what nobody is there to be asked for is named', () => {
  const { status, stderr } = init('--dry-run', '--name', 'order-feed', '--lanes', 'sse');
  expect(status).toBe(2);
  expect(stderr).toContain('--edge, --region, --auth');
});

test('an issuer without its audience is a usage error', () => {
  const { status, stderr } = init('--dry-run', '--issuer', 'https://id.example.com');
  expect(status).toBe(2);
  expect(stderr).toContain('--issuer, --audience and --jwks go together');
});

test('an issuer without a client for the console is a usage error, where there is one', () => {
  const issuer = ['--issuer', 'https://id.example.com', '--audience', 'orders', '--jwks', 'https://id.example.com/keys'];
  const { status, stderr } = init('--dry-run', ...ALL.slice(0, -2), ...issuer);
  expect(status).toBe(2);
  expect(stderr).toContain('--client-id');
  expect(init('--dry-run', ...ALL.slice(0, -2), ...issuer, '--lanes', 'websocket').status).toBe(0);
});

test('--dry-run lists what would go and what would change, and changes nothing', () => {
  const treeOf = () => spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).stdout;
  const before = treeOf();
  const { status, stdout } = init('--dry-run', ...ALL);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^- lambda\/websocket\/frame\.ts$/m);
  expect(stdout).toMatch(/^~ bin\/app\.ts$/m);
  expect(stdout).toMatch(/^\d+ files would go, \d+ changed$/m);
  expect(treeOf()).toBe(before);
});
