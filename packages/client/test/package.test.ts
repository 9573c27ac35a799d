import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { launchBrowser } from '../../console/test/browser.ts';
import { until } from './support/checks.ts';
import { StubServer } from './support/stub-server.ts';

/** The package as an application gets it: built, and found by its name. */

const CLIENT = join(import.meta.dirname, '..');
const BIN = join(CLIENT, '../../node_modules/.bin');
const README = readFileSync(join(CLIENT, 'README.md'), 'utf8');

let app: string;
let buildOutput: string;
let server: StubServer;

beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'lanes-client-'));
  const installed = join(app, 'node_modules/@realtime-lanes/client');
  mkdirSync(installed, { recursive: true });
  cpSync(join(CLIENT, 'package.json'), join(installed, 'package.json'));
  buildOutput = execFileSync(process.execPath, [join(CLIENT, 'build.ts'), join(installed, 'dist')], { encoding: 'utf8' });
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
}, 60_000);

afterAll(() => rmSync(app, { recursive: true, force: true }));

beforeEach(async () => {
  server = await StubServer.start();
});

afterEach(() => server.stop());

/** The README's examples in a language. */
function examples(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code ?? '');
}

/** With the addresses of the stub server. */
function localised(code: string): string {
  return code.replaceAll('wss://lanes.example.com/socket', server.websocketUrl).replaceAll('https://lanes.example.com', server.url);
}

test.each([
  ['@realtime-lanes/client', 13.9],
  ['@realtime-lanes/client/presence', 2.2],
  ['@realtime-lanes/client/tabs', 2.5],
  ['@realtime-lanes/client/testing', 5],
])('the build prints the size of %s, which is below %d KiB compressed', (name, most) => {
  const [, gzip] = new RegExp(`^${name}: .* ([\\d.]+) KiB gzip`, 'm').exec(buildOutput) ?? [];
  expect(Number(gzip)).toBeGreaterThan(1);
  expect(Number(gzip)).toBeLessThan(most);
});

test('a folder that holds what the build has not written is refused, and nothing in it is touched', () => {
  const folder = join(app, 'precious');
  mkdirSync(folder);
  writeFileSync(join(folder, 'page.md'), 'precious');
  const { status, stderr } = spawnSync(process.execPath, [join(CLIENT, 'build.ts'), folder], { encoding: 'utf8' });

  expect(stderr).toMatch(/^error: .*precious contains page\.md, which npm run build:client did not write/);
  expect(status).toBe(2);
  expect(readFileSync(join(folder, 'page.md'), 'utf8')).toBe('precious');
});

test('what the build has written is built again', () => {
  const folder = join(app, 'node_modules/@realtime-lanes/client/dist');

  expect(execFileSync(process.execPath, [join(CLIENT, 'build.ts'), folder], { encoding: 'utf8' })).toBe(buildOutput);
}, 60_000);

test.each([
  ['index.js', 'connection.ts'],
  ['node/index.js', 'connection.ts'],
  ['cjs/index.js', 'connection.ts'],
  ['presence.js', 'presence/presence-rider.ts'],
  ['node/presence.js', 'presence/presence-rider.ts'],
  ['cjs/presence.js', 'presence/presence-rider.ts'],
])('%s imports nothing, and its map has the sources', (name, source) => {
  const file = join(app, 'node_modules/@realtime-lanes/client/dist', name);
  expect(readFileSync(file, 'utf8')).not.toMatch(/^import\b|[;{}]import\s*[("'{*]|\brequire\(/m);
  const { sourcesContent }: { readonly sourcesContent: readonly string[] } = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
  expect(sourcesContent).toContain(readFileSync(join(CLIENT, 'src', source), 'utf8'));
});

test.each(['tabs.js', 'testing.js', 'node/testing.js'])('%s imports the core, so that there is one of it', (name) => {
  const code = readFileSync(join(app, 'node_modules/@realtime-lanes/client/dist', name), 'utf8');
  const imported = [...code.matchAll(/\bfrom ?["']([^"']+)["']/g)].map(([, specifier]) => specifier);
  expect(new Set(imported)).toEqual(new Set(['./index.js']));
});

test.each([
  "connect({ url: 'http://127.0.0.1:9' }).subscribe('a b')",
  "await connect({ url: 'http://127.0.0.1:9' }).publish('orders', { data: 'e', key: 'a b' })",
  "connect({ url: 'http://127.0.0.1:9', transport: 'carrier pigeon' })",
])('an uncaught error does not print the bundle: %s', (mistake) => {
  const file = join(app, 'mistake.mjs');
  writeFileSync(file, `import { connect } from '@realtime-lanes/client';\n${mistake};\n`);
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });

  expect(status).toBe(1);
  expect(stderr).toContain('is not valid: use ');
  expect(stderr.length).toBeLessThan(5_000);
});

test.each(examples('ts').map((code, index) => [index + 1, code] as const))(
  'example %i of the README prints what it says',
  async (index, code) => {
    const file = join(app, `example-${index}.ts`);
    writeFileSync(file, localised(code));
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    try {
      await once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
    } finally {
      child.kill('SIGKILL');
    }
    const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line]) => line);
    expect({ stdout: stdout.trim().split('\n'), stderr }).toEqual({ stdout: promised, stderr: '' });
  },
);

test('the examples of the README agree with the types of the package', () => {
  const files = examples('ts').map((code, index) => {
    const file = join(app, `typed-${index}.ts`);
    writeFileSync(file, `${code}export {};\n`);
    return file;
  });
  const flags = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--lib',
    'es2024,dom',
    '--module',
    'nodenext',
    '--types',
    '',
  ];
  expect(typeErrors([...flags, ...files])).toBe('');
  writeFileSync(join(app, 'wrong.ts'), "import { connect } from '@realtime-lanes/client';\nconnect({ url: 7 });\n");
  expect(typeErrors([...flags, join(app, 'wrong.ts')])).toContain("Type 'number' is not assignable to type 'string'");
}, 60_000);

function typeErrors(args: readonly string[]): string {
  try {
    return execFileSync(join(BIN, 'tsc'), args, { cwd: app, encoding: 'utf8' });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

test('the page of the README finds the bundle by its import map and shows events', async () => {
  const [page = ''] = examples('html');
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    await tab.route('**/client.js', (route) =>
      route.fulfill({
        path: join(app, 'node_modules/@realtime-lanes/client/dist/index.js'),
        contentType: 'text/javascript',
        headers: { 'access-control-allow-origin': '*' },
      }),
    );
    await tab.setContent(localised(page));
    await until(async () => (await server.stats()).streams === 1, 'the page streams');
    await server.publish('news', 'hello, page');
    await tab.getByText('hello, page').waitFor({ timeout: 10_000 });
  } finally {
    await browser.close();
  }
}, 60_000);
