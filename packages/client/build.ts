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

/** A part that is imported by itself. */
interface Part {
  /** Its files in the build are called so. */
  readonly file: string;
  readonly name: string;
  readonly entry: string;
  readonly maxGzipBytes: number;
}

const PARTS: readonly Part[] = [
  {
    file: 'index.js',
    name: '@realtime-lanes/client',
    entry: join(HERE, 'src/index.ts'),
    /**
     * It was 9.25 KiB before the client checked its input, limited the wait for a token, and noticed proxies that hold a
     * stream after its beginning: what was deleted for that did not make up for it. Batches took 0.1 KiB more, so did
     * ephemeral events, and so did what presence needs of the core. `latest` channels took 1.1 KiB: versions, the state
     * that both ends compare, and one buffered item per key. Shared streams took 1.1 KiB, bytes 0.2 KiB, and the history
     * 0.3 KiB.
     */
    maxGzipBytes: 13.9 * 1024,
  },
  {
    file: 'presence.js',
    name: '@realtime-lanes/client/presence',
    entry: join(HERE, 'src/presence/index.ts'),
    maxGzipBytes: 2.2 * 1024,
  },
  {
    file: 'tabs.js',
    name: '@realtime-lanes/client/tabs',
    entry: join(HERE, 'src/tabs.ts'),
    maxGzipBytes: 2.5 * 1024,
  },
  {
    file: 'testing.js',
    name: '@realtime-lanes/client/testing',
    entry: join(HERE, 'src/testing.ts'),
    /** The history, bytes and `latest` channels took 0.9 KiB. */
    maxGzipBytes: 5 * 1024,
  },
];

/** A part that needs the core imports the file beside it, and does not contain it, so that there is one `LanesError`. */
const CORE_IS_IMPORTED: Plugin = {
  name: 'core-is-imported',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/index\.ts$/ }, () => ({ path: './index.js', external: true }));
  },
};

/** Node prints the line of an uncaught error: without line breaks that is the whole bundle. */
const LINE_LIMIT = 400;

function parse(argv: readonly string[]): string {
  return createCommand(
    ['build:client', 'build'],
    'Builds the client library: a minified ES module for browsers, readable ones for Node (ES module and CommonJS), source maps and type declarations. Prints the sizes of the first, and fails when one passes its limit.',
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
  let sizes: readonly string[] = [];
  await replaceFolder(folder, 'npm run build:client', async (empty) => {
    for (const { entry, file } of PARTS) {
      await writeBundle(entry, join(empty, file), { format: 'esm', minify: true, lineLimit: LINE_LIMIT });
      // Readable, for stack traces and debuggers.
      await writeBundle(entry, join(empty, 'node', file), { format: 'esm' });
      await writeBundle(entry, join(empty, 'cjs', file), { format: 'cjs' });
    }
    await writeTypes(join(empty, 'types'), signal);
    // Declarations have the module system of the nearest package.json, and so has the code.
    cpSync(join(empty, 'types'), join(empty, 'cjs/types'), { recursive: true });
    writeFileSync(join(empty, 'cjs/package.json'), '{ "type": "commonjs" }\n');
    sizes = PARTS.map((part) => measure(part, readFileSync(join(empty, part.file))));
  });
  console.log(sizes.join('\n'));
}

async function writeBundle(entry: string, outfile: string, form: Pick<BuildOptions, 'format' | 'minify' | 'lineLimit'>): Promise<void> {
  await build({
    ...form,
    plugins: [CORE_IS_IMPORTED],
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
  const compiler = spawn(join(HERE, '../../node_modules/.bin/tsc'), [...flags, ...PARTS.map(({ entry }) => entry)], {
    cwd: HERE,
    stdio: 'inherit',
    signal,
  });
  const [code] = await once(compiler, 'close');
  if (code !== 0) throw new Error(`tsc ended with ${code}`);
}

/** @throws Error when it is more than the limit */
function measure({ name, maxGzipBytes }: Part, code: Buffer): string {
  const gzip = gzipSync(code, { level: 9 }).byteLength;
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(2)} KiB`;
  if (gzip > maxGzipBytes) throw new Error(`${name}: ${kib(gzip)} gzip is more than the limit of ${kib(maxGzipBytes)}`);
  return `${name}: ${kib(code.byteLength)} raw, ${kib(gzip)} gzip, ${kib(brotliCompressSync(code).byteLength)} brotli`;
}

await runCommand(parse, main);
