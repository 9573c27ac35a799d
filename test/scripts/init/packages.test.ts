import { expect, test } from '@jest/globals';
import { packagesLeftOver } from '../../../scripts/init/packages.ts';

const BEFORE = {
  'a.ts': "import { x } from 'left';\nimport '@scope/left/deep.js';\nimport { y } from './local.ts';",
  'b.ts': "const z = await import('kept');\nconst w = require.resolve('kept-too/main.js');",
  'page.md': "from 'page'",
};

const leftOver = (after: Readonly<Record<string, string>>) =>
  packagesLeftOver(new Map(Object.entries(BEFORE)), new Map(Object.entries(after)));

test('packages are left over that no file imports any more', () => {
  expect(leftOver({ 'b.ts': BEFORE['b.ts'] })).toEqual(['@scope/left', 'left']);
});

test('a package that one file imports still is none of them', () => {
  expect(leftOver({ 'b.ts': BEFORE['b.ts'], 'c.ts': "export * from 'left/other';" })).toEqual(['@scope/left']);
});
