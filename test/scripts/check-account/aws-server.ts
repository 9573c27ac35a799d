import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a server in the place of AWS answers. */
export interface Answer {
  /** @default 200 */
  readonly status?: number;
  readonly body: string;
}

/** A request, as AWS would understand it. */
export interface Asked {
  /** As it is signed for: `cloudformation`, `ec2` … */
  readonly service: string;
  readonly region: string;
  /** `DescribeStacks`, or method and path where the API has no names: `GET /account`. */
  readonly operation: string;
  readonly body: string;
}

export interface AwsServer {
  readonly endpoint: string;
  /** Everything that was asked, in its order. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Any service of AWS at one endpoint. What it has no answer to, it refuses as AWS refuses those who may not ask. */
export async function startAws(answer: (asked: Asked) => Answer | undefined): Promise<AwsServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const understood = understand(request, await text(request));
    asked.push(understood);
    const { status = 200, body } = answer(understood) ?? denied(understood);
    response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.1' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Lets a test use such a server, and closes it whatever happens. */
export async function withAws<T>(answer: (asked: Asked) => Answer | undefined, use: (aws: AwsServer) => Promise<T>): Promise<T> {
  const aws = await startAws(answer);
  try {
    return await use(aws);
  } finally {
    await aws.close();
  }
}

function understand({ method, url = '', headers }: IncomingMessage, body: string): Asked {
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(headers.authorization ?? '') ?? [];
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  const action = new URLSearchParams(body).get('Action') ?? undefined;
  return { service, region, operation: target ?? action ?? `${method} ${new URL(url, 'http://aws').pathname}`, body };
}

const denied = ({ operation }: Asked): Answer => error(operation, 'AccessDenied', `not authorized to perform ${operation}`, 403);

/** An error in the form that all protocols of AWS understand by its start. */
export function error(operation: string, code: string, message: string, status = 400): Answer {
  const isJson = /^GET \/account$|Quota|Parameter|Certificate/.test(operation);
  if (isJson) return { status, body: JSON.stringify({ __type: code, code, message }) };
  if (/Zones|Vpcs|Addresses|Subnets|PrefixLists/.test(operation)) {
    return {
      status,
      body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
    };
  }
  return {
    status,
    body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  };
}
