import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { requireContainerTools } from '../../../../both/verify/tasks/container-runner.ts';
import { UnavailableError } from '../../../../both/verify/unavailable.ts';

let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'realtime-lanes-tools-'));
});

afterEach(() => {
  rmSync(path, { recursive: true });
});

const install = (...tools: readonly string[]) => {
  for (const tool of tools) writeFileSync(join(path, tool), '', { mode: 0o755 });
};

test('is content where root has everything on the PATH', () => {
  install('buildah', 'runc', 'debootstrap');
  expect(() => requireContainerTools(`/nowhere:${path}`, true)).not.toThrow();
});

test('names every program that is missing, and how to get them', () => {
  install('buildah');
  expect(() => requireContainerTools(path, true)).toThrow(UnavailableError);
  expect(() => requireContainerTools(path, true)).toThrow(
    'there is no runc, no debootstrap on the PATH (on Debian: apt-get install runc debootstrap)',
  );
});

test('takes no file for a program that cannot be executed', () => {
  install('runc', 'debootstrap');
  writeFileSync(join(path, 'buildah'), '', { mode: 0o644 });
  expect(() => requireContainerTools(path, true)).toThrow('there is no buildah');
});

test('says that it needs root', () => {
  install('buildah', 'runc', 'debootstrap');
  expect(() => requireContainerTools(path, false)).toThrow('it needs root');
});
