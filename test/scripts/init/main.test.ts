import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const PLACE = ['--name', 'order-feed', '--edge', 'alb', '--region', 'eu-central-1'];
const ISSUER = ['--issuer', 'https://id.example.com', '--audience', 'orders', '--jwks', 'https://id.example.com/keys'];

const init = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['scripts/init/main.ts', ...args], { cwd: ROOT, encoding: 'utf8' });

test('--help lists every option', () => {
  const { status, stdout } = init('--help');
  expect(status).toBe(0);
  for (const name of ['name', 'lanes', 'edge', 'region', 'auth', 'issuer', 'audience', 'jwks', 'client-id', 'without-lab', 'dry-run']) {
    expect(stdout).toContain(`--${name}`);
  }
});

test.each([
  ['--name', 'Order Feed', 'order-feed'],
  ['--lanes', 'carrier', 'websocket, sse or both'],
  ['--edge', 'nginx', 'alb'],
  ['--region', 'europe', 'eu-central-1'],
  ['--issuer', 'http://id.example.com', 'https:'],
  ['--auth', 'none', 'cognito'],
])('%s %s is a usage error that names the value and what is valid', (option, value, valid) => {
  const { status, stderr } = init('--dry-run', option, value);
  expect(status).toBe(2);
  expect(stderr).toContain(value);
  expect(stderr).toContain(valid);
});

test('without a terminal, unanswered questions are named', () => {
  const { status, stderr } = init('--dry-run', '--name', 'order-feed', '--lanes', 'sse');
  expect(status).toBe(2);
  expect(stderr).toContain('give --edge, --region, --auth.');
});

test('an issuer needs its audience and its keys, and a client if there is a console', () => {
  const incomplete = init('--dry-run', ...PLACE, '--lanes', 'sse', '--issuer', 'https://id.example.com');
  expect(incomplete.status).toBe(2);
  expect(incomplete.stderr).toContain('give --audience, --jwks, --client-id.');
  expect(init('--dry-run', ...PLACE, ...ISSUER, '--lanes', 'sse').stderr).toContain('give --client-id.');
  expect(init('--dry-run', ...PLACE, ...ISSUER, '--lanes', 'websocket').status).toBe(0);
});
