import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../lib/bundle.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-secrets-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function findSecrets(...files: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'find-secrets.ts'), ...files], { encoding: 'utf8' });
  return { status, stdout };
}

test('no file of the repository contains a secret', () => {
  const { status, stdout } = findSecrets();
  expect(stdout).toMatch(/^\d{3,} files, 0 secrets\n$/);
  expect(status).toBe(0);
}, 60_000);

test('a secret in a template is found, but not shown', () => {
  // In parts, or this file would be a finding itself.
  const body = 'MIIEowIBAAKCAQEA'.repeat(30);
  const key = ['-----BEGIN RSA PRIVATE', ` KEY-----\n${body}\n-----END RSA PRIVATE`, ' KEY-----'].join('');
  const template = join(directory, 'Stack.template.json');
  writeFileSync(template, JSON.stringify({ Resources: { Certificate: { Properties: { key } } } }));
  const { status, stdout } = findSecrets(template);
  expect(stdout).toMatch(/Stack\.template\.json:1 .*private key/i);
  expect(stdout).not.toContain(body);
  expect(status).toBe(1);
}, 60_000);
