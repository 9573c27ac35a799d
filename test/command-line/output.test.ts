import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { UsageError } from '../../command-line/command.ts';
import { checkEmpty, checkFile, checkFolder, replaceFolder } from '../../command-line/output.ts';

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lanes-output-'));
  folder = join(home, 'dist');
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

const write = (name: string, content: string) => (empty: string) => {
  mkdirSync(join(empty, 'types'));
  writeFileSync(join(empty, name), content);
  writeFileSync(join(empty, 'types/index.d.ts'), content);
};

const contents = () =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith('.'))
    .sort();

test('a missing or empty folder is written', async () => {
  await replaceFolder(join(home, 'some', 'where'), 'make', write('a.js', '1'));
  mkdirSync(folder);
  await replaceFolder(folder, 'make', write('a.js', '1'));

  expect(existsSync(join(home, 'some/where/a.js'))).toBe(true);
  expect(contents()).toEqual(['a.js', 'types', 'types/index.d.ts']);
});

test('what the command wrote before is replaced', async () => {
  await replaceFolder(folder, 'make', write('old.js', '1'));
  await replaceFolder(folder, 'make', write('new.js', '2'));

  expect(contents()).toEqual(['new.js', 'types', 'types/index.d.ts']);
});

test('a folder with other files is rejected, and stays unchanged', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine.md'), 'precious');

  await expect(replaceFolder(folder, 'make', write('a.js', '1'))).rejects.toThrow(/dist contains mine\.md, which make did not write/);
  expect(contents()).toEqual(['mine.md']);
});

test('so is one with a foreign file among the files of the command, however deep', async () => {
  await replaceFolder(folder, 'make', write('a.js', '1'));
  writeFileSync(join(folder, 'types/mine.md'), 'precious');

  await expect(replaceFolder(folder, 'make', write('a.js', '2'))).rejects.toThrow(/contains types\/mine\.md/);
  expect(readFileSync(join(folder, 'types/mine.md'), 'utf8')).toBe('precious');
  expect(readFileSync(join(folder, 'a.js'), 'utf8')).toBe('1');
});

test('so is what another command wrote', async () => {
  await replaceFolder(folder, 'make', write('a.js', '1'));

  expect(() => checkFolder(folder, 'other')).toThrow(UsageError);
});

test('if writing fails, the old content stays, and nothing is left beside it', async () => {
  await replaceFolder(folder, 'make', write('a.js', '1'));
  const failing = replaceFolder(folder, 'make', (empty) => {
    writeFileSync(join(empty, 'half.js'), '');
    throw new Error('the disk is full');
  });

  await expect(failing).rejects.toThrow('the disk is full');
  expect(contents()).toEqual(['a.js', 'types', 'types/index.d.ts']);
  expect(readdirSync(home)).toEqual(['dist']);
});

test('a link to a folder stays a link, and its target is checked', async () => {
  mkdirSync(join(home, 'real'));
  symlinkSync('real', folder);
  await replaceFolder(folder, 'make', write('a.js', '1'));

  expect(readdirSync(join(home, 'real'))).toContain('a.js');
  expect(contents()).toContain('a.js');
});

test('a file, and a link to nothing, are not folders', () => {
  writeFileSync(folder, '');
  symlinkSync('nothing', join(home, 'link'));

  expect(() => checkFolder(folder, 'make')).toThrow(/is not a folder/);
  expect(() => checkEmpty(join(home, 'link'))).toThrow(/is not a folder/);
});

test('a folder that must be empty may contain empty folders', () => {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  expect(() => checkEmpty(folder)).not.toThrow();

  writeFileSync(join(folder, 'assets/mine.js'), '');
  expect(() => checkEmpty(folder)).toThrow(/contains assets\/mine\.js/);
});

test('a file is replaced if the command wrote it', () => {
  const isOurs = (text: string) => text === 'ours';
  writeFileSync(folder, 'ours');
  expect(() => checkFile(folder, 'make', isOurs)).not.toThrow();

  writeFileSync(folder, 'mine');
  expect(() => checkFile(folder, 'make', isOurs)).toThrow(/exists, and make did not write it/);
  expect(() => checkFile(home, 'make', isOurs)).toThrow(/is a folder/);
  expect(() => checkFile(join(home, 'no/where'), 'make', isOurs)).toThrow(/the folder .* does not exist/);
});
