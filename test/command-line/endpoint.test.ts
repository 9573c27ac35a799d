import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endpointEnvironment, withoutAws } from '../../command-line/endpoint.ts';
import { makeCertificate } from '../../packages/assembly-local/certificate.ts';
import { closed, freePort, listen } from '../../packages/assembly-local/loopback.ts';

let directory: string;
let server: Server;
let url: string;
let caFile: string;
let otherCaFile: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-endpoint-test-'));
  const certificate = await makeCertificate();
  caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, certificate.cert);
  otherCaFile = join(directory, 'other.pem');
  writeFileSync(otherCaFile, (await makeCertificate()).cert);
  server = createServer(certificate, (_, response) => response.writeHead(501).end());
  url = `https://127.0.0.1:${await listen(server)}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await closed(server);
  rmSync(directory, { recursive: true });
});

/** In a process of its own: what a process trusts, it trusts to its end. */
async function reach(...args: readonly string[]) {
  const program = `import { reachEndpoint } from './command-line/endpoint.ts';
    try { console.log('reached', (await reachEndpoint(...process.argv.slice(1))).url); } catch (error) { console.log(error.name, error.message); }`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program, ...args], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return said.trim();
}

describe('an endpoint', () => {
  test('with the authority that signed its certificate is reached, whatever it answers', async () => {
    expect(await reach(url, caFile)).toBe(`reached ${url}`);
  });

  test('with a certificate that nobody knows is refused, and --ca is named', async () => {
    const said = await reach(url);
    expect(said).toContain(`UnreachableEndpointError --endpoint ${url}`);
    expect(said).toContain('--ca <file>');
  });

  test('with the certificate of another authority is refused, and the file is named', async () => {
    expect(await reach(url, otherCaFile)).toContain(`not signed by ${otherCaFile}`);
  });

  test('where nothing listens is refused with the reason', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const said = await reach(nowhere);
    expect(said).toContain(nowhere);
    expect(said).toContain('ECONNREFUSED');
  });
});

describe('the environment of programs that use it', () => {
  const endpoint = { url: 'https://127.0.0.1:9297', caFile: '/ca.pem' };

  test('has its URL, trusts its authority in Node and Python, and uses no profile of the user', () => {
    expect(endpointEnvironment(endpoint, 'eu-west-1', { AWS_PROFILE: 'production' })).toEqual({
      AWS_ENDPOINT_URL: 'https://127.0.0.1:9297',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      AWS_CA_BUNDLE: '/ca.pem',
    });
  });

  test('has the keys of the usual variables, since some emulators check signatures', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };
    expect(endpointEnvironment(endpoint, 'eu-west-1', keys)).toMatchObject(keys);
  });

  test('keeps nothing of AWS that could send a request elsewhere', () => {
    const environment = { PATH: '/bin', AWS_ENDPOINT_URL_S3: 'https://s3.example.com', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    expect(withoutAws(environment)).toEqual({ PATH: '/bin' });
  });
});
