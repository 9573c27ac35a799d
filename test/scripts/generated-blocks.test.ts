import { expect, test } from '@jest/globals';
import { withBlocks } from '../../scripts/generated-blocks.ts';

const page =
  'before\n\n<!-- generated: one -->\nold\n<!-- /generated -->\n\nbetween\n\n<!-- generated: two -->\n<!-- /generated -->\n\nafter\n';

test('generated parts are replaced, empty ones too, and the rest stays', () => {
  expect(withBlocks(page, { one: '1', two: '2' })).toBe(
    'before\n\n<!-- generated: one -->\n\n1\n\n<!-- /generated -->\n\nbetween\n\n<!-- generated: two -->\n\n2\n\n<!-- /generated -->\n\nafter\n',
  );
});

test('a page that is written again stays the same', () => {
  const written = withBlocks(page, { one: '1', two: '2' });
  expect(withBlocks(written, { one: '1', two: '2' })).toBe(written);
});

test('a part that nothing generates, and one that the page lacks, are errors that say what to do', () => {
  expect(() => withBlocks(page, { one: '1' })).toThrow('"two", which nothing generates: remove its markers');
  expect(() => withBlocks(page, { one: '1', two: '2', three: '3' })).toThrow('no place for three: add');
});
