import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Access } from '../iam/access.ts';
import type { Input, Permissions } from '../iam/permission.ts';
import { CREDENTIALS_PATH, type Sessions } from '../iam/sessions.ts';
import { ISSUER_PATH } from '../issuer/issuer.ts';
import type { Log } from '../log.ts';
import { AwsError } from './aws-error.ts';
import { readBody } from './body.ts';
import type { Operations } from './operation.ts';
import { type QueryService, readQuery, writeQueryAnswer, writeQueryError } from './query-protocol.ts';

/** More than any of the services accepts. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface EndpointServices {
  readonly access: Access;
  readonly sessions: Sessions;
  /** What the operations need, by the first part of `X-Amz-Target`, or by the name of the query service. */
  readonly permissions: Readonly<Record<string, Permissions>>;
  /** Services of the JSON protocol by the first part of `X-Amz-Target`. */
  readonly json: Readonly<Record<string, Operations>>;
  readonly sns: Operations;
  readonly loadBalancing: Operations;
  readonly dynamodb: RequestListener;
  readonly lambda: RequestListener;
  readonly management: RequestListener;
  readonly taskMetadata: RequestListener;
  readonly issuer: RequestListener;
}

/** Path under which tasks find their metadata. */
export const METADATA_PATH = '/ecs-metadata';

/** The one endpoint for every AWS service of a local run: `AWS_ENDPOINT_URL` points here. */
export class Endpoint {
  readonly server: Server;
  readonly #log: Log;
  #services: EndpointServices | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.server = createServer((request, response) => this.#dispatch(request, response));
    // SDK clients keep connections open; if one closed between two requests, the next request would fail.
    this.server.keepAliveTimeout = 120_000;
  }

  /** Adds the services once the port is known, since queue URLs contain it. */
  serve(services: EndpointServices): void {
    this.#services = services;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  #dispatch(request: IncomingMessage, response: ServerResponse): void {
    const services = this.#services;
    const url = request.url ?? '/';
    const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1];
    if (services === undefined) {
      fail(response, new AwsError('ServiceUnavailable', 'The local run is still starting', { status: 503 }));
    } else if (url.startsWith(ISSUER_PATH)) services.issuer(request, response);
    else if (url.startsWith(METADATA_PATH)) services.taskMetadata(request, response);
    else if (url.startsWith(CREDENTIALS_PATH)) services.sessions.serve(request, response);
    else if (url.includes('/@connections')) services.management(request, response);
    else if (url.startsWith('/2015-03-31/functions/')) services.lambda(request, response);
    else if (target !== '') void this.#runJson(services, target, operation, request, response);
    else if (service === 'sns') void this.#runQuery(services, 'SNS', services.sns, request, response);
    else if (service === 'elasticloadbalancing') void this.#runQuery(services, 'ELBv2', services.loadBalancing, request, response);
    else {
      const what = service === undefined ? 'an unsigned request' : `the service ${service} (or this protocol of it)`;
      fail(response, new AwsError('UnsupportedOperation', `The local endpoint does not emulate ${what}: ${request.method} ${url}`));
    }
  }

  /** @throws AwsError if the signer of the request may not do what it asks for */
  #check({ access, permissions }: EndpointServices, target: string, name: string, request: IncomingMessage, input: () => Input): void {
    access.check(request.headers, () => {
      const needs = own(permissions[target], name);
      if (needs === undefined) throw unsupported(`the permissions of ${target}.${name}`);
      return needs(input());
    });
  }

  async #runJson(services: EndpointServices, target: string, name: string, request: IncomingMessage, response: ServerResponse) {
    const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
    const requestId = randomUUID();
    const send = (status: number, body: object, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': requestId, ...headers });
      response.end(JSON.stringify(body));
    };
    try {
      const isDynamoDb = target.startsWith('DynamoDB_');
      const operation = own(services.json[target], name);
      if (operation === undefined && !isDynamoDb) throw unsupported(`${target}.${name}`);
      const body = await readAll(request);
      this.#check(services, target, name, request, () => toInput(parseJson(body)));
      if (operation === undefined) services.dynamodb(readAgain(request, body), response);
      else send(200, await operation(parseJson(body), abandoned(response)));
    } catch (cause) {
      if (response.destroyed) return;
      const error = this.#toAwsError(cause, `${target}.${name}`);
      const fault = error.status < 500 ? 'Sender' : 'Receiver';
      send(error.status, { __type: error.code, message: error.message }, { 'x-amzn-query-error': `${error.queryCode};${fault}` });
    }
  }

  async #runQuery(
    services: EndpointServices,
    service: QueryService,
    operations: Operations,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    const requestId = randomUUID();
    const send = (status: number, body: string) => {
      response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
      response.end(body);
    };
    let action = '';
    try {
      const query = readQuery(await readAll(request));
      action = query.action;
      const operation = own(operations, action);
      if (operation === undefined) throw unsupported(`${service} ${action}`);
      this.#check(services, service, action, request, () => query.input);
      send(200, writeQueryAnswer(service, action, await operation(query.input, abandoned(response)), requestId));
    } catch (cause) {
      if (response.destroyed) return;
      const error = this.#toAwsError(cause, `${service} ${action}`);
      send(error.status, writeQueryError(service, error, requestId));
    }
  }

  #toAwsError(cause: unknown, what: string): AwsError {
    if (cause instanceof AwsError) return cause;
    this.#log.notice('endpoint', `${what} failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
    return new AwsError('InternalFailure', `${what} failed inside the local run: ${String(cause)}`, { status: 500, cause });
  }
}

function own<T>(byName: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return byName !== undefined && Object.hasOwn(byName, name) ? byName[name] : undefined;
}

function toInput(value: unknown): Input {
  return typeof value === 'object' && value !== null ? (value as Input) : {};
}

/** The request again, for another server, after its body has been read. */
function readAgain(request: IncomingMessage, body: string): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  Object.assign(again, { method: request.method, url: request.url, headers: request.headers, complete: true });
  again.push(body);
  again.push(null);
  return again;
}

function unsupported(what: string): AwsError {
  return new AwsError('UnsupportedOperation', `The local endpoint does not emulate ${what}.`);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) throw new AwsError('RequestEntityTooLarge', 'The request is too large.', { status: 413 });
  return body.toString('utf8');
}

function parseJson(body: string): unknown {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch (cause) {
    throw new AwsError('SerializationException', 'The request is not JSON.', { cause });
  }
}

/** Aborts if the caller leaves before it gets its response. */
function abandoned(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** An error response that every protocol of the SDK can parse. */
function fail(response: ServerResponse, error: AwsError): void {
  response.writeHead(error.status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': error.code });
  response.end(JSON.stringify({ __type: error.code, message: error.message }));
}
