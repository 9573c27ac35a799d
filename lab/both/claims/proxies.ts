import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../packages/assembly-local/loopback.ts';

/** A reverse proxy with the least configuration that it takes to forward one port to another: nothing about streams or upgrades. */
export interface Proxy {
  readonly name: string;
  readonly program: string;
  readonly args: (setup: Setup) => readonly string[];
  /** @default it is told everything on the command line */
  readonly configuration?: (setup: Setup) => string;
}

interface Setup {
  readonly port: number;
  readonly upstream: number;
  readonly folder: string;
  readonly file: string;
  /** Of the program's package, where its modules are. */
  readonly lib: string;
}

export const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    program: 'nginx',
    args: ({ file, folder }) => ['-c', file, '-p', folder, '-e', 'stderr'],
    configuration: ({ port, upstream, folder }) => `daemon off; pid ${folder}/pid; events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; } }
}`,
  },
  {
    name: 'HAProxy',
    program: 'haproxy',
    args: ({ file }) => ['-db', '-f', file],
    configuration: ({ port, upstream }) => `defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen all
  bind 127.0.0.1:${port}
  server lane 127.0.0.1:${upstream}
`,
  },
  {
    name: 'Apache',
    program: 'apache2',
    args: ({ file }) => ['-DFOREGROUND', '-f', file],
    configuration: ({ port, upstream, folder, lib }) => `ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/errors
User nobody
Group nogroup
${['mpm_event', 'authz_core', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module ${lib}/apache2/modules/mod_${name}.so`).join('\n')}
ProxyPass / http://127.0.0.1:${upstream}/
`,
  },
  {
    name: 'lighttpd',
    program: 'lighttpd',
    args: ({ file, lib }) => ['-D', '-f', file, '-m', `${lib}/lighttpd`],
    configuration: ({ port, upstream, folder }) => `server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ("mod_proxy")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${upstream})))
`,
  },
  {
    name: 'Caddy',
    program: 'caddy',
    args: ({ file }) => ['run', '--adapter', 'caddyfile', '--config', file],
    configuration: ({ port, upstream }) => `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy 127.0.0.1:${upstream}
}
`,
  },
  {
    name: 'nghttpx',
    program: 'nghttpx',
    args: ({ port, upstream }) => ['--conf=/dev/null', `--frontend=127.0.0.1,${port};no-tls`, `--backend=127.0.0.1,${upstream}`],
  },
];

const START_LIMIT_MS = 10_000;

/** Whether its program is on the PATH. */
export const isInstalled = ({ program }: Proxy): boolean => pathOf(program) !== undefined;

const pathOf = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));

/** Runs it in front of a port of this machine while it is used. @throws Error if it does not start */
export async function behind<T>(proxy: Proxy, upstream: number, use: (port: number) => Promise<T>): Promise<T> {
  const program = pathOf(proxy.program);
  if (program === undefined) throw new Error(`${proxy.program} is not on the PATH`);
  const folder = mkdtempSync(join(tmpdir(), 'realtime-lanes-proxy-'));
  const setup = { port: await freePort(), upstream, folder, file: join(folder, 'configuration'), lib: join(dirname(program), '../lib') };
  if (proxy.configuration !== undefined) writeFileSync(setup.file, proxy.configuration(setup));
  const child = spawn(program, proxy.args(setup), { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    await untilListening(setup.port, () => child.exitCode !== null).catch(() => {
      throw new Error(`${proxy.name} did not start: ${said.trim()}`);
    });
    return await use(setup.port);
  } finally {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(2_000)]);
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilListening(port: number, isGone: () => boolean): Promise<void> {
  for (const deadlineMs = performance.now() + START_LIMIT_MS; performance.now() < deadlineMs && !isGone(); ) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}
