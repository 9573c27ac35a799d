import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startMiniStack } from '../ministack.ts';
import { makeSignedCertificate } from './authority.ts';

/** An emulator that somebody else has started, as it were. */
export interface RunningEmulator {
  /** `https://…` */
  readonly url: string;
  /** PEM file of the authority to trust. */
  readonly caFile: string;
  close(): Promise<void>;
}

const REGION = 'us-east-1';

/**
 * Starts MiniStack and, as a process of its own, TLS in front of it.
 * @param directory gets the certificates and MiniStack's files; the caller removes it
 */
export async function startRunningEmulator(venv: string, directory: string): Promise<RunningEmulator> {
  const home = join(directory, 'ministack');
  await mkdir(home);
  const ministack = await startMiniStack({ venv, directory: home, region: REGION });
  try {
    const { authority, certificate } = await makeSignedCertificate();
    const files = { ca: join(directory, 'ca.pem'), key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') };
    await Promise.all([writeFile(files.ca, authority), writeFile(files.key, certificate.key), writeFile(files.cert, certificate.cert)]);
    const { port } = new URL(ministack.endpoint);
    const proxy = spawn(process.execPath, [join(import.meta.dirname, 'tls-program.ts'), port, files.key, files.cert], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Ctrl-C is ours to hand on.
      detached: true,
    });
    const exited = once(proxy, 'exit');
    const [tlsPort] = await Promise.race([
      once(createInterface(proxy.stdout), 'line'),
      exited.then(([code]) => Promise.reject(new Error(`TLS in front of MiniStack ended with ${code}`))),
    ]);
    return {
      url: `https://127.0.0.1:${tlsPort}`,
      caFile: files.ca,
      close: async () => {
        proxy.stdin.end();
        await exited;
        await ministack.close();
      },
    };
  } catch (error) {
    await ministack.close();
    throw error;
  }
}
