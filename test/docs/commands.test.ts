import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { STAGES } from '../../lib/stages.ts';
import { commandsOf, pages, ROOT } from './commands/extract.ts';
import { wayOf } from './commands/ways.ts';
import { isRemoved } from './removed.ts';

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The script in `package.json` of a command that npm runs, such as `exec node lab/load/main.ts`. */
const scriptOf = (text: string): string | undefined => scripts[/^npm run (?:-s )?([\w:-]+)/.exec(text)?.[1] ?? 'start'];

/** Without those whose program went with a lane or the lab. */
const commands = pages()
  .flatMap(commandsOf)
  .filter(({ text }) => !/^npm (run|start)/.test(text) || !(scriptOf(text) ?? '').split(' ').some(isRemoved));

const helps = new Map<string, string>();

/** What a command prints when it is asked for help, once for all its mentions. */
function helpOf(program: readonly string[]): string {
  const key = program.join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const [command = '', ...args] = program;
  const { status, stdout } = spawnSync(command, [...args, '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  const help = status === 0 ? stdout : '';
  helps.set(key, help);
  return help;
}

const of = (kind: string) => commands.filter(({ text }) => wayOf(text)?.kind === kind).map(({ page, text }) => [text, page] as const);
const optionsIn = (text: string): readonly string[] => text.match(/(?<=\s)--?[a-z][a-z0-9-]*/g) ?? [];

test('there are commands to check', () => {
  for (const kind of ['live', 'options', 'stage', 'elsewhere', 'theirs']) expect(of(kind)).not.toEqual([]);
});

test('every documented command is checked in some way', () => {
  expect(commands.filter(({ text }) => wayOf(text) === undefined)).toEqual([]);
});

test('the shell can parse all of them', () => {
  // What is left open between angle brackets is for the reader to fill in. The shell names the line where it cannot go on.
  const script = commands.map(({ page, text }) => `${text.replace(/<[a-z -]+>/g, 'placeholder')} # ${page}`).join('\n');
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test.each(of('options'))('its script knows all options: %s (%s)', (text) => {
  const script = scriptOf(text);
  expect(script).toBeDefined();
  const help = helpOf((script ?? '').replace(/^exec /, '').split(' '));
  expect(help).toContain('Usage:');
  const [, args = ''] = text.split(' -- ');
  expect(optionsIn(` ${args}`).filter((option) => option !== '--help' && !help.includes(option))).toEqual([]);
  const [, stage] = / --stage (\S+)/.exec(text) ?? [];
  if (stage !== undefined) expect(STAGES.map(({ id }) => id)).toContain(stage);
});

test.each(of('stage'))('the CDK knows all options, and the stage exists: %s (%s)', (text) => {
  const [, verb = ''] = /cdk (\w+)/.exec(text) ?? [];
  const help = helpOf(['cdk', verb]);
  expect(help).toContain(`cdk ${verb}`);
  expect(optionsIn(text).filter((option) => !help.includes(`${option}`))).toEqual([]);
  const [, stage] = / -c stage=(\S+)/.exec(text) ?? [];
  if (stage !== undefined) expect(STAGES.map(({ id }) => id)).toContain(stage);
});

test.each(of('elsewhere'))('tested elsewhere: %s (%s)', (text) => {
  const way = wayOf(text);
  expect(way?.kind === 'elsewhere' && existsSync(join(ROOT, way.file))).toBe(true);
  const [, name] = /^npm run (?:-s )?([\w:-]+)/.exec(text) ?? [];
  const local = JSON.parse(readFileSync(join(ROOT, 'packages/client/package.json'), 'utf8'));
  if (name !== undefined) expect({ ...local.scripts, ...scripts }).toHaveProperty([name]);
});

describe('a page', () => {
  test('lists the commands of its blocks and its prose, but not its comments', () => {
    expect(commandsOf('test/docs/fixtures/page.md').map(({ text }) => text)).toEqual([
      'npm ci',
      'npm test',
      `curl -d '# no comment' http://127.0.0.1:8080/`,
      'npm run chaos',
    ]);
  });

  test('with a new kind of command is noticed', () => {
    expect(wayOf('terraform apply')).toBeUndefined();
  });
});
