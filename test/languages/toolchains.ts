import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Run } from '../../command-line/program.ts';

/** Files of a program, by their names. */
type Files = Readonly<Record<string, string>>;

/** How the programs of a language are built and started. */
interface Toolchain {
  /** Its program, which is on the PATH if the language is installed. */
  readonly tool: string;
  /** The names of the blocks below the language's heading, and the files that they are. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Builds the program. @returns the command that starts it */
  readonly build: (files: Files, folder: string, run: Run) => Promise<readonly [string, ...string[]]>;
}

export const LANGUAGES = {
  python: {
    tool: 'python3',
    blocks: { python: 'main.py', requirements: 'requirements.txt' },
    build: async (files, folder, run) => {
      if (files['requirements.txt'] === undefined) return ['python3', 'main.py'];
      await run('python3', ['-m', 'venv', 'venv']);
      await run(join(folder, 'venv/bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt']);
      return [join(folder, 'venv/bin/python'), 'main.py'];
    },
  },
  go: {
    tool: 'go',
    blocks: { go: 'main.go', 'go.mod': 'go.mod' },
    build: async (files, folder, run) => {
      await run('go', ['build', '-o', 'orders', ...(files['go.mod'] === undefined ? ['main.go'] : ['-mod=mod', '.'])]);
      return [join(folder, 'orders')];
    },
  },
  java: {
    tool: 'java',
    blocks: { java: 'Orders.java', pom: 'pom.xml' },
    build: async (files, _, run) => {
      if (files['pom.xml'] === undefined) return ['java', 'Orders.java'];
      await run('mvn', ['--quiet', '--batch-mode', 'dependency:copy-dependencies', '-DoutputDirectory=lib']);
      return ['java', '-cp', 'lib/*', 'Orders.java'];
    },
  },
  rust: {
    tool: 'cargo',
    blocks: { rust: 'src/main.rs', toml: 'Cargo.toml' },
    build: async (_, folder, run) => {
      // Kept, since the packages take a minute to compile.
      const target = join(import.meta.dirname, '../../node_modules/.cache/languages', folder.replace(/.*\//, ''));
      await run('cargo', ['build', '--quiet', '--target-dir', target]);
      return [join(target, 'debug/orders')];
    },
  },
} as const satisfies Readonly<Record<string, Toolchain>>;

export type Language = keyof typeof LANGUAGES;

export function isInstalled(language: Language): boolean {
  return spawnSync(LANGUAGES[language].tool, ['--help'], { stdio: 'ignore' }).error === undefined;
}

/** Writes the files of a program, and builds it. @returns the command that starts it */
export async function build(language: Language, files: Files, folder: string, run: Run): Promise<readonly [string, ...string[]]> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return LANGUAGES[language].build(files, folder, run);
}
