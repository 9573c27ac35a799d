/** `--endpoint` and `--ca`: an emulator of AWS that is running already, and whose certificate to trust. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './command.ts';

/** As {@link addEndpointOptions} reads them. */
export interface EndpointOptions {
  /** Without a slash at its end. */
  readonly endpoint?: string;
  /** Absolute path of a PEM file. */
  readonly ca?: string;
}

/** An endpoint that was reached. */
export interface Endpoint {
  /** Without a slash at its end. */
  readonly url: string;
  readonly caFile?: string | undefined;
}

/** Nothing usable answers at the endpoint. The message says what to do. */
export class UnreachableEndpointError extends Error {
  override readonly name = 'UnreachableEndpointError';
}

const REACH_TIMEOUT_MS = 10_000;

export function addEndpointOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option('--endpoint <url>', `${what}, such as https://127.0.0.1:9297`).argParser(endpointUrl))
    .addOption(new Option('--ca <file>', 'PEM file of the authority that signed the certificate of --endpoint').argParser(caFile));
}

/** @throws UsageError if the options do not fit each other */
export function checkEndpointOptions({ endpoint, ca }: EndpointOptions): void {
  if (ca === undefined || endpoint?.startsWith('https:')) return;
  throw new UsageError(`--ca ${ca} is of no use without an --endpoint of https://: leave it out, or give the endpoint`);
}

/**
 * Trusts the authority in this process, and asks the endpoint for anything: what it answers does not matter.
 * @throws UnreachableEndpointError
 */
export async function reachEndpoint(url: string, ca?: string): Promise<Endpoint> {
  if (ca !== undefined) setDefaultCACertificates([...getCACertificates('default'), readFileSync(ca, 'utf8')]);
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    await answer.body?.cancel();
  } catch (error) {
    throw new UnreachableEndpointError(`--endpoint ${url} cannot be used: ${reasonOf(error, ca)}`);
  }
  return { url, caFile: ca };
}

/**
 * The environment of a program, Node or Python, that is to take the endpoint for AWS. Nothing of the caller's AWS settings is
 * left that could send a request elsewhere; keys are taken from the usual variables, and are `test` where there are none.
 *
 * @param environment @default that of this process
 */
export function endpointEnvironment(
  { url, caFile: ca }: Endpoint,
  region: string,
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = endpointCredentials(environment);
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    // Profiles may name endpoints and keys that are not for here.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...(ca !== undefined && { NODE_EXTRA_CA_CERTS: ca, AWS_CA_BUNDLE: ca }),
  };
}

/** Without the variables of AWS, which {@link endpointEnvironment} sets anew. */
export function withoutAws(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !key.startsWith('AWS_')));
}

/** Keys for an emulator: most take any. */
export function endpointCredentials(environment: NodeJS.ProcessEnv = process.env) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
  if (!accessKeyId || !secretAccessKey) return { accessKeyId: 'test', secretAccessKey: 'test' };
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function endpointUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url !== undefined && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (isBare && ['http:', 'https:'].includes(url.protocol)) return url.origin;
  throw new InvalidArgumentError('Give https:// or http://, a host and perhaps a port, and nothing after them.');
}

function caFile(text: string): string {
  const file = resolve(text);
  try {
    void new X509Certificate(readFileSync(file));
  } catch (error) {
    throw new InvalidArgumentError(
      `${(error as Error).message}. Give a file with a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----.`,
    );
  }
  return file;
}

/** OpenSSL's names for a certificate that is not trusted. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_UNTRUSTED/;

function reasonOf(error: unknown, ca: string | undefined): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code = '', message } = cause as { readonly code?: string; readonly message: string };
  if (UNTRUSTED.test(code)) {
    return ca === undefined
      ? `its certificate is not trusted here (${code}). Give the authority that signed it with --ca <file>`
      : `its certificate is not signed by ${ca} (${code}). Give the authority that signed it`;
  }
  return `${message || code}. Start the emulator first, or correct the URL`;
}
