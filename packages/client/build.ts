/** `npm run build:client`, and `npm run build` in this folder: see `npm run build:client -- --help`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Argument } from 'commander';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { replaceFolder } from '../../command-line/output.ts';

const HERE = import.meta.dirname;
const DIST = join(HERE, 'dist');
const ENTRY = join(HERE, 'src/index.ts');
/** What applications import beside it, with the limit of each. It imports the core, and never contains it. */
const SUBPATHS = { tabs: 2.5 * 1024, testing: 3.75 * 1024 };
/**
 * It was 9.25 KiB before the client checked its input, limited the wait for a token, and noticed proxies that hold a
 * stream after its beginning: what was deleted for that did not make up for it. Batches took 0.1 KiB more, and so did
 * ephemeral events. `latest` channels took 1.1 KiB: versions, the state that both ends compare, and one buffered item per key. Shared
 * streams took 1.1 KiB, bytes 0.2 KiB, and the history 0.3 KiB.
 */
const MAX_GZIP_BYTES = 13.5 * 1024;

/** Node prints the line of an uncaught error: without line breaks that is the whole bundle. */
const LINE_LIMIT = 400;

function parse(argv: readonly string[]): string {
  return createCommand(
    ['build:client', 'build'],
    'Builds the client library: a minified ES module for browsers, readable ones for Node (ES module and CommonJS), source maps and type declarations. Prints the size of what browsers load, and fails when a part passes its limit.',
  )
    .addArgument(
      new Argument('[folder]', 'where to write it: a new or empty folder, or one that this command has written').default(
        DIST,
        'packages/client/dist',
      ),
    )
    .parse(argv).processedArgs[0];
}

async function main(folder: string, signal: AbortSignal): Promise<undefined> {
  const sizes: string[] = [];
  await replaceFolder(folder, 'npm run build:client', async (empty) => {
    const minified = { format: 'esm', minify: true, lineLimit: LINE_LIMIT } as const;
    await writeBundles(empty, minified);
    // Readable, for stack traces and debuggers.
    await writeBundles(join(empty, 'node'), { format: 'esm' });
    await writeBundles(join(empty, 'cjs'), { format: 'cjs' });
    await writeTypes(join(empty, 'types'), signal);
    // Declarations have the module system of the nearest package.json, and so has the code.
    cpSync(join(empty, 'types'), join(empty, 'cjs/types'), { recursive: true });
    writeFileSync(join(empty, 'cjs/package.json'), '{ "type": "commonjs" }\n');
    sizes.push(`@realtime-lanes/client: ${measure(readFileSync(join(empty, 'index.js')), MAX_GZIP_BYTES)}`);
    for (const [name, limit] of Object.entries(SUBPATHS)) {
      sizes.push(`@realtime-lanes/client/${name}: ${measure(readFileSync(join(empty, `${name}.js`)), limit)}`);
    }
  });
  console.log(sizes.join('\n'));
}

async function writeBundles(folder: string, form: Pick<BuildOptions, 'format' | 'minify' | 'lineLimit'>): Promise<void> {
  await writeBundle(ENTRY, join(folder, 'index.js'), form);
  for (const name of Object.keys(SUBPATHS)) {
    await writeBundle(join(HERE, `src/${name}.ts`), join(folder, `${name}.js`), { ...form, plugins: [CORE_IS_IMPORTED] });
  }
}

/** What a subpath needs of the core comes from the file beside it, so that there is one `LanesError`. */
const CORE_IS_IMPORTED: Plugin = {
  name: 'core-is-imported',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/index\.ts$/ }, () => ({ path: './index.js', external: true }));
  },
};

async function writeBundle(entry: string, outfile: string, form: Omit<BuildOptions, 'entryPoints' | 'outfile'>): Promise<void> {
  await build({
    ...form,
    entryPoints: [entry],
    outfile,
    bundle: true,
    define: { 'Number.POSITIVE_INFINITY': 'Infinity' },
    // Every browser and Node version with the APIs that the client needs anyway.
    target: ['es2022'],
    platform: 'neutral',
    sourcemap: 'linked',
    legalComments: 'none',
  });
}

async function writeTypes(outDir: string, signal: AbortSignal): Promise<void> {
  const flags = [
    ...['--declaration', '--emitDeclarationOnly', '--allowImportingTsExtensions', '--strict', '--exactOptionalPropertyTypes'],
    ...['--ignoreConfig', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext', '--types', ''],
    ...['--rootDir', join(HERE, '..'), '--outDir', outDir],
  ];
  const entries = [ENTRY, ...Object.keys(SUBPATHS).map((name) => join(HERE, `src/${name}.ts`))];
  const compiler = spawn(join(HERE, '../../node_modules/.bin/tsc'), [...flags, ...entries], { cwd: HERE, stdio: 'inherit', signal });
  const [code] = await once(compiler, 'close');
  if (code !== 0) throw new Error(`tsc ended with ${code}`);
}

/** @throws Error when it is more than the limit */
function measure(code: Buffer, limit: number): string {
  const gzip = gzipSync(code, { level: 9 }).byteLength;
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(2)} KiB`;
  if (gzip > limit) throw new Error(`${kib(gzip)} gzip is more than the limit of ${kib(limit)}`);
  return `${kib(code.byteLength)} raw, ${kib(gzip)} gzip, ${kib(brotliCompressSync(code).byteLength)} brotli`;
}

await runCommand(parse, main);
