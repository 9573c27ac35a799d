import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../packages/assembly-local/loopback.ts';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { childrenOf } from '../measure/usage.ts';
import type { Peer } from './peer.ts';

/** Where Debian puts them. */
const NGINX = '/usr/sbin/nginx';
const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** The port in `nchan.conf`. */
const CONFIGURED_ADDRESS = '127.0.0.1:9201';

/** nginx with the nchan module and one worker, the strongest peer that was found. */
export const nchan: Peer = {
  id: 'nchan',
  name: 'nginx + nchan',
  protocol: 'sse',
  publishPath: '/pub/a',
  missing: async () => {
    try {
      await Promise.all([access(NGINX), access(MODULE)]);
      return undefined;
    } catch {
      return `${NGINX} or ${MODULE} is not there: install nginx with nchan (Debian: apt-get install nginx libnginx-mod-nchan)`;
    }
  },
  start: async () => {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'realtime-lanes-nchan-'));
    const template = await readFile(join(import.meta.dirname, 'nchan.conf'), 'utf8');
    const configuration = template
      .replace('worker_processes WORKERS', 'worker_processes 1')
      .replaceAll('DIR', folder)
      .replace(CONFIGURED_ADDRESS, `127.0.0.1:${port}`);
    const path = join(folder, 'nginx.conf');
    await writeFile(path, configuration);
    const server = startServerProcess(NGINX, ['-c', path, '-e', join(folder, 'nginx.err'), '-g', 'daemon off;']);
    const stop = async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
    try {
      await server.listening(port);
    } catch (error) {
      await stop();
      throw error;
    }
    return { pids: [server.pid, ...(await childrenOf(server.pid))], port, publishPort: port, subscribePath: '/sse/a', stop };
  },
};
