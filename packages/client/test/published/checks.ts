import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALL_FLAGS } from '../../../../command-line/npm-registry.ts';
import type { Run } from '../../../../command-line/program.ts';
import { StubServer } from '../support/stub-server.ts';
import { openInBrowser } from './open-in-browser.ts';

/** Where a check works. */
interface Place {
  /** A folder of its own, which does not exist yet. */
  readonly folder: string;
  /** The client library, packed. */
  readonly tarball: string;
  /** Runs programs in the folder. */
  readonly run: Run;
}

const HERE = import.meta.dirname;
const MODULES = join(HERE, '../../../../node_modules');

/** A server-side project has no DOM types. */
const TSC_FLAGS = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023'],
  ...['--types', 'node', '--typeRoots', join(MODULES, '@types'), '--allowImportingTsExtensions'],
];

/** Each throws if the package does not work there. */
export const CHECKS = {
  linters: async ({ folder, tarball, run }: Place): Promise<void> => {
    cpSync(join(HERE, 'linters'), folder, { recursive: true });
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    await run('npx', ['publint', 'run', tarball, '--strict']);
    await run('npx', ['attw', tarball]);
  },

  'node-esm': (place: Place) => useInNode(place, 'node-esm', 'main.ts', ['1 present', 'from an ES module', 'forbidden']),

  'node-cjs': (place: Place) => useInNode(place, 'node-cjs', 'main.cts', ['0 present', 'from CommonJS']),

  vite: async ({ folder, tarball, run }: Place): Promise<void> => {
    cpSync(join(HERE, 'apps/vite'), folder, { recursive: true });
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    await run('npm', ['install', ...INSTALL_FLAGS, tarball]);
    await run('npm', ['run', 'build']);
    await openInBrowser(join(folder, 'dist'));
  },
} as const;

export type CheckName = keyof typeof CHECKS;

/** Installs the package into a project, checks its types, and runs it. @param prints the lines that it must print */
async function useInNode({ folder, tarball, run }: Place, app: string, program: string, prints: readonly string[]): Promise<void> {
  cpSync(join(HERE, 'apps', app), folder, { recursive: true });
  await run('npm', ['install', ...INSTALL_FLAGS, tarball]);
  await run(join(MODULES, '.bin/tsc'), ['--ignoreConfig', ...TSC_FLAGS, program]);
  const server = await StubServer.start();
  try {
    const printed = await run(process.execPath, [program, server.url]);
    if (printed !== prints.join('\n')) throw new Error(`${app} printed ${JSON.stringify(printed)} instead of ${JSON.stringify(prints)}`);
  } finally {
    await server.stop();
  }
}
