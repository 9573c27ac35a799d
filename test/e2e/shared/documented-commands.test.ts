import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { commandsOf, pages, ROOT } from '../../docs/commands/extract.ts';
import { wayOf } from '../../docs/commands/ways.ts';
import { accessReportDir, assemblyDir, type RunUrls } from '../support/run.ts';

const START = 'npm start --silent -- --json';
const commands = [
  ...new Set(
    pages()
      .flatMap(commandsOf)
      .map(({ text }) => text),
  ),
].filter((text) => wayOf(text)?.kind === 'live');

/** A test for each command of a kind. A project without a lane lacks the pages, and so the commands, of that lane. */
function testEach(start: RegExp, name: string, check: (command: string) => Promise<void>, timeoutMs: number): void {
  for (const command of commands.filter((text) => start.test(text))) test(`${name}: ${command}`, () => check(command), timeoutMs);
}

/** What the documentation says that a plain `npm start` takes, and a deployment's name; here ports are free ones. */
const DOCUMENTED = {
  'http://127.0.0.1:8080': (urls: RunUrls) => urls.http,
  'https://127.0.0.1:8443': (urls: RunUrls) => urls.https,
  'ws://127.0.0.1:8081/dev': (urls: RunUrls) => urls.websocket,
  'http://127.0.0.1:8000': (urls: RunUrls) => urls.endpoint,
  'https://lanes.example.com': (urls: RunUrls) => urls.http,
} as const;

let started: ChildProcess;
let urls: RunUrls;

beforeAll(async () => {
  // Without the synthesis, which the whole project shares.
  started = shell(`exec ${START} --strict --app ${assemblyDir()} --access-report ${accessReportDir()}`);
  const { stdout } = started;
  if (stdout === null) throw new Error('standard output is a pipe');
  const [line] = await once(createInterface(stdout), 'line');
  urls = JSON.parse(line);
}, 60_000);

afterAll(async () => {
  if (started.exitCode !== null) return;
  const exited = once(started, 'exit');
  // As Ctrl-C does it: to npm and all that it has started.
  if (started.pid !== undefined) process.kill(-started.pid, 'SIGINT');
  await exited;
}, 30_000);

function here(command: string): string {
  return Object.entries(DOCUMENTED).reduce((text, [documented, real]) => text.replaceAll(documented, real(urls)), command);
}

function shell(script: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn('bash', ['-c', script], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
}

/** Runs a command with the variables that docs/local-run.md sets; `enough` ends one that would run forever. */
async function run(command: string, enough: (stdout: string) => boolean = () => false): Promise<Outcome> {
  const child = shell(here(command), {
    TOKEN: urls.token,
    AUTH: `authorization: Bearer ${urls.token}`,
    npm_config_update_notifier: 'false',
  });
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (enough(stdout) && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  });
  const [status] = await once(child, 'close');
  if (stdout === '') throw new Error(`${command} printed nothing: ${stderr}`);
  return { status, stdout };
}

test('the line of JSON is what docs/local-run.md promises', () => {
  expect(commands).toContain(START);
  expect(Object.keys(urls).sort()).toEqual(['console', 'endpoint', 'http', 'https', 'token', 'websocket']);
});

testEach(
  /^curl .*-N/,
  'streams',
  async (command) => {
    const { stdout } = await run(command, (text) => text.includes('\nid: ') || text.includes('\nid:'));
    expect(stdout).toMatch(/^retry: ?\d+/);
  },
  30_000,
);

testEach(
  /^curl (?!.*-N)/,
  'is answered',
  async (command) => {
    // A poll from a position that is not there any more is answered at once.
    const { status, stdout } = await run(`${command} --silent --show-error --fail-with-body`);
    expect(stdout).toMatch(/"(id|events|access_token|members)":/);
    expect(status).toBe(0);
  },
  45_000,
);

testEach(
  /^npm run load /,
  'loads, and everything arrives',
  async (command) => {
    const { status, stdout } = await run(`${command} --streams 4 --rate 8 --seconds 1`);
    expect(stdout).toMatch(/lost|intact/i);
    expect(status).toBe(0);
  },
  60_000,
);

// npx would download wscat first; a socket that is opened with its arguments is what it opens.
testEach(
  /^npx wscat /,
  'connects',
  async (command) => {
    const option = (name: string) => new RegExp(` -${name} ("[^"]+"|\\S+)`).exec(here(command))?.[1]?.replaceAll('"', '') ?? '';
    expect(option('H')).toBe('$AUTH');
    const socket = new WebSocket(option('c'), option('s'), { headers: { authorization: `Bearer ${urls.token}` } });
    await once(socket, 'open');
    socket.send('{"action":"subscribe","channel":"demo"}');
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toMatchObject({ kind: 'subscribed', channel: 'demo' });
    socket.terminate();
  },
  30_000,
);

test('every command that runs live is in one of the groups above', () => {
  const groups = [/^curl /, /^npm run load /, /^npx wscat /, /^npm start /];
  expect(commands.filter((text) => !groups.some((group) => group.test(text)))).toEqual([]);
});
