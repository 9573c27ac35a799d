import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { keepLanes, LANES, RegionError } from '../../../scripts/init/regions.ts';

const ROOT = join(import.meta.dirname, '../../..');

const TEXT = `a
// lane: sse
b
// end lane
  // lane: websocket
  c
  // end lane
<!-- lane: both -->
d
<!-- end lane -->
# lane: template
e
# end lane
f`;

describe('a shared file', () => {
  test.each([
    ['sse', ['sse'], 'a\nb\nf'],
    ['websocket', ['websocket'], 'a\n  c\nf'],
    ['both', LANES, 'a\nb\n  c\nd\nf'],
  ] as const)('keeps of its regions what belongs to %s, and no mark', (_, lanes, kept) => {
    expect(keepLanes(TEXT, lanes, 'file.ts')).toBe(kept);
  });

  test('keeps lines and rows that end in a mark of their own where their lane stays', () => {
    const page = '| a | <!-- lane: sse --> |\n| b | c <!-- lane: websocket --> |\n- d <!-- lane: sse -->\ne <!-- lane: both -->\n';
    expect(keepLanes(page, ['sse'], 'page.md')).toBe('| a | |\n- d\n');
  });

  test('keeps a line in a region where both stay', () => {
    const page = '<!-- lane: both -->\na <!-- lane: sse -->\nb\n<!-- end lane -->';
    expect(keepLanes(page, ['sse'], 'page.md')).toBe('');
    expect(keepLanes(page, LANES, 'page.md')).toBe('a\nb');
  });

  test('without regions stays as it is', () => {
    expect(keepLanes('// the lane: slow\n', ['sse'], 'file.ts')).toBe('// the lane: slow\n');
  });

  test.each([
    ['a region that does not end', '// lane: sse\na', /file\.ts: the last region, of sse, does not end/],
    ['an end without a region', 'a\n// end lane', /file\.ts:2: a region ends that has not begun/],
    ['a region in a region', '// lane: sse\n// lane: websocket\n', /file\.ts:2: a region of websocket begins inside of one of sse/],
    ['a line of a lane that there is not', 'a <!-- lane: carrier -->', /file\.ts:1: "carrier" is not a lane/],
    ['a lane that there is not', '// lane: carrier\n', /file\.ts:1: "carrier" is not a lane: websocket, sse, both, template/],
  ])('is refused with %s', (_, text, message) => {
    expect(() => keepLanes(text, ['sse'], 'file.ts')).toThrow(RegionError);
    expect(() => keepLanes(text, ['sse'], 'file.ts')).toThrow(message);
  });
});

test('every region of the repository begins and ends', () => {
  const paths = execFileSync('git', ['ls-files', '-z', '--', ':!test/scripts/init'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  for (const path of paths.filter((name) => name !== '')) keepLanes(readFileSync(join(ROOT, path), 'utf8'), ['sse'], path);
});
