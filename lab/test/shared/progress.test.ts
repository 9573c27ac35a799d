import { expect, test } from '@jest/globals';
import { createProgress } from '../../shared/progress.ts';

function capture(terminal: { readonly isTTY?: boolean; readonly columns?: number }) {
  const written: string[] = [];
  return { written, progress: createProgress({ ...terminal, write: (text) => written.push(text) }) };
}

test('on a terminal the line is replaced, cut to the width, and left standing at the end', () => {
  const { written, progress } = capture({ isTTY: true, columns: 6 });

  progress.show('1234567');
  progress.show('ab');
  progress.end();

  expect(written).toEqual(['\r\x1b[K12345', '\r\x1b[Kab', '\n']);
});

test('elsewhere a line is written now and then, so that a log stays short', () => {
  const { written, progress } = capture({});

  progress.show('one');
  progress.show('two');
  progress.end();

  expect(written).toEqual(['one\n']);
});
