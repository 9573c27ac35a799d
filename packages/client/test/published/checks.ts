import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALL_FLAGS } from '../../../../command-line/npm-registry.ts';
import type { Run } from '../../../../command-line/program.ts';
import { openInBrowser as openChat } from '../../../react/test/published/open-in-browser.ts';
import { writeExamples } from '../../../react/test/published/readme.ts';
import { StubServer } from '../support/stub-server.ts';
import { openInBrowser } from './open-in-browser.ts';
import type { Tarballs } from './pack.ts';

/** Where a check works. */
interface Place {
  /** A folder of its own, which does not exist yet. */
  readonly folder: string;
  /** The packages, packed. */
  readonly tarballs: Tarballs;
  /** Runs programs in the folder. */
  readonly run: Run;
  readonly signal: AbortSignal;
}

const HERE = import.meta.dirname;
const MODULES = join(HERE, '../../../../node_modules');
/** Its code is run. */
const FRAMEWORKS_PAGE = join(HERE, '../../../../docs/frameworks.md');
const REACT_APP = join(HERE, '../../../react/test/published/app');

/** The oldest version of React that the hooks support; the app itself has the newest. */
const OLDEST_REACT = ['react@18.3.1', 'react-dom@18.3.1', '@types/react@18.3.32', '@types/react-dom@18.3.7'];

/** A server-side project has no DOM types. */
const TSC_FLAGS = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023'],
  ...['--types', 'node', '--typeRoots', join(MODULES, '@types'), '--allowImportingTsExtensions'],
];

/** Each throws if the package does not work there. */
export const CHECKS = {
  linters: async ({ folder, tarballs, run }: Place): Promise<void> => {
    cpSync(join(HERE, 'linters'), folder, { recursive: true });
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    for (const tarball of Object.values(tarballs)) {
      await run('npx', ['publint', 'run', tarball, '--strict']);
      // The resolution of Node 10 knows no subpaths, and TypeScript has dropped it.
      await run('npx', ['attw', tarball, '--profile', 'node16']);
    }
  },

  'node-esm': (place: Place) => useInNode(place, 'node-esm', 'main.ts', ['1 present', 'from an ES module', 'forbidden']),

  'node-cjs': (place: Place) => useInNode(place, 'node-cjs', 'main.cts', ['0 present', 'from CommonJS']),

  vite: async ({ folder, tarballs, run }: Place): Promise<void> => {
    cpSync(join(HERE, 'apps/vite'), folder, { recursive: true });
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    await run('npm', ['install', ...INSTALL_FLAGS, tarballs.client]);
    await run('npm', ['run', 'build']);
    await openInBrowser(join(folder, 'dist'));
  },

  frameworks: async ({ folder, tarballs, run }: Place): Promise<void> => {
    cpSync(join(HERE, 'apps/frameworks'), folder, { recursive: true });
    const page = readFileSync(FRAMEWORKS_PAGE, 'utf8');
    for (const [, name = '', code = ''] of page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) writeFileSync(join(folder, name), code);
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    await run('npm', ['install', ...INSTALL_FLAGS, tarballs.client]);
    await run('npx', ['tsc']);
    const printed = await run(process.execPath, ['main.ts']);
    const expected = ['vue one,two 1 0', 'svelte one,two 1 0', 'dom one,two 1 0', 'server 0 0'];
    if (printed !== expected.join('\n')) throw new Error(`frameworks printed ${JSON.stringify(printed)}`);
  },

  react: async ({ folder, tarballs, run, signal }: Place): Promise<void> => {
    cpSync(REACT_APP, folder, { recursive: true });
    writeExamples(join(folder, 'src'));
    await run('npm', ['ci', ...INSTALL_FLAGS]);
    await run('npm', ['install', ...INSTALL_FLAGS, tarballs.client, tarballs.react]);
    await run('npm', ['test']);
    await run('npm', ['run', 'build']);
    await openChat(join(folder, 'dist'), join(folder, 'cdk.out'), signal);
    await run('npm', ['install', ...INSTALL_FLAGS, ...OLDEST_REACT]);
    await run('npm', ['test']);
  },
} as const;

export type CheckName = keyof typeof CHECKS;

/** Installs the package into a project, checks its types, and runs it. @param prints the lines that it must print */
async function useInNode({ folder, tarballs, run }: Place, app: string, program: string, prints: readonly string[]): Promise<void> {
  cpSync(join(HERE, 'apps', app), folder, { recursive: true });
  await run('npm', ['install', ...INSTALL_FLAGS, tarballs.client]);
  await run(join(MODULES, '.bin/tsc'), ['--ignoreConfig', ...TSC_FLAGS, program]);
  const server = await StubServer.start();
  try {
    const printed = await run(process.execPath, [program, server.url]);
    if (printed !== prints.join('\n')) throw new Error(`${app} printed ${JSON.stringify(printed)} instead of ${JSON.stringify(prints)}`);
  } finally {
    await server.stop();
  }
}
