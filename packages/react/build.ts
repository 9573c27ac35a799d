/** `npm run build` in this folder: see `npm run build -- --help`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { replaceFolder } from '../../command-line/output.ts';

const HERE = import.meta.dirname;
const MODULES = join(HERE, '../../node_modules');
const ENTRY = join(HERE, 'src/index.ts');
const MAX_GZIP_BYTES = 3.75 * 1024;

function parse(argv: readonly string[]): undefined {
  createCommand(
    'build',
    'Builds the React package into dist/: an ES module and CommonJS, source maps and type declarations. Needs `npm ci` in this folder, for the types of React. Prints the size, and fails when it passes the limit.',
  ).parse(argv);
}

async function main(_: undefined, signal: AbortSignal): Promise<undefined> {
  await replaceFolder(join(HERE, 'dist'), 'npm run build', async (empty) => {
    await writeBundle(join(empty, 'index.js'), 'esm');
    await writeBundle(join(empty, 'cjs/index.js'), 'cjs');
    // The compiler writes the declarations of the client, too, which its own package has.
    const all = join(empty, 'all-types');
    await writeTypes(all, signal);
    // Declarations have the module system of the nearest package.json, and so has the code.
    for (const types of ['types', 'cjs/types']) cpSync(join(all, 'react/src'), join(empty, types), { recursive: true });
    rmSync(all, { recursive: true });
    writeFileSync(join(empty, 'cjs/package.json'), '{ "type": "commonjs" }\n');
    const gzip = gzipSync(readFileSync(join(empty, 'index.js')), { level: 9 }).byteLength;
    if (gzip > MAX_GZIP_BYTES) throw new Error(`${gzip} bytes gzip are more than the limit of ${MAX_GZIP_BYTES}`);
    console.log(`@realtime-lanes/react: ${(gzip / 1024).toFixed(2)} KiB gzip`);
  });
}

/** Readable: applications minify it with their own code. */
async function writeBundle(outfile: string, format: 'esm' | 'cjs'): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: HERE,
    metafile: true,
    entryPoints: [ENTRY],
    outfile,
    format,
    bundle: true,
    packages: 'external',
    // Its paths are for the types: they would make the client a part of this package.
    tsconfigRaw: {},
    // For frameworks with server components: hooks run in the browser.
    banner: { js: "'use client';" },
    target: ['es2022'],
    platform: 'neutral',
    sourcemap: 'linked',
    legalComments: 'none',
  });
  const foreign = Object.keys(metafile.inputs).filter((file) => !file.startsWith('src/'));
  if (foreign.length > 0) throw new Error(`the package contains ${foreign.join(', ')}`);
}

async function writeTypes(outDir: string, signal: AbortSignal): Promise<void> {
  const flags = [
    '--project',
    join(HERE, 'tsconfig.json'),
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--outDir',
    outDir,
  ];
  const compiler = spawn(join(MODULES, '.bin/tsc'), flags, { cwd: HERE, stdio: 'inherit', signal });
  const [code] = await once(compiler, 'close');
  if (code !== 0) throw new Error(`tsc ended with ${code}: run npm ci in packages/react first`);
}

await runCommand(parse, main);
