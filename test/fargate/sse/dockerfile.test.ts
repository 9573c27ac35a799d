import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../../lib/bundle.ts';
import { baseImage } from '../../../scripts/deployed-code.ts';

const lock: { readonly packages: Readonly<Record<string, { readonly version: string }>> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
);
const dockerfile = readFileSync(join(ROOT, 'fargate', 'sse', 'Dockerfile'), 'utf8');

test('the container runs the Node version that the tests run', () => {
  expect(baseImage(dockerfile)).toBe(`node:${lock.packages['node_modules/node']?.version}-slim`);
});

test('the container builds nothing, installs nothing and is not root', () => {
  expect(dockerfile).not.toMatch(/^(RUN|ADD)\s/m);
  expect(dockerfile).toMatch(/^USER node$/m);
});
