import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stackName } from '../../../lib/stack-names.ts';
import { LANES } from '../../../lib/stage.ts';
import { stageNamed } from '../../../lib/stages.ts';
import { closed, listen } from '../../../packages/assembly-local/loopback.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';

const PROGRAM = join(import.meta.dirname, '../../../scripts/verify-stage/main.ts');
const DEV = stageNamed('dev');

let world: InProcessRun;
let server: Server;
let endpoint: string;
let directory: string;
/** Stacks by name, as CloudFormation would list their outputs. */
let stacks: ReadonlyMap<string, Readonly<Record<string, string>>>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-verify-stage-'));
  world = await startInProcess();
  stacks = deployed();
  server = createServer((request, response) => void serve(request, response));
  endpoint = `http://127.0.0.1:${await listen(server)}`;
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await closed(server);
  await world.run.close();
  rmSync(directory, { recursive: true });
});

/** What the templates output, with the addresses of this run. */
function deployed(): typeof stacks {
  const { outputs, urls } = world.run;
  const here: Readonly<Record<string, string>> = { HttpsUrl: urls.http, WebSocketUrl: urls.websocket };
  return new Map(
    Object.entries(outputs).map(([stack, ofStack]) => [
      stack,
      Object.fromEntries(Object.entries(ofStack).map(([key, value]) => [key, here[key] ?? String(value)])),
    ]),
  );
}

/** The local run has no CloudFormation; everything else is its own. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const form = new URLSearchParams(body);
  const action = form.get('Action') ?? '';
  if (!action.startsWith('DescribeStack')) return forward(request, body, response);
  const name = form.get('StackName') ?? '';
  const outputs = stacks.get(name);
  if (outputs === undefined) {
    response.writeHead(400, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`,
    );
    return;
  }
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<member><StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-30T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs></member>`;
  const result = action === 'DescribeStacks' ? `<Stacks>${stack}</Stacks>` : '<StackResources/>';
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
}

async function forward({ method = '', url = '', headers }: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const { host: _, connection: __, ...kept } = headers;
  const answer = await fetch(`${world.run.urls.endpoint}${url}`, { method, headers: kept as Record<string, string>, body: body || null });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

let reports = 0;

/** The command, as a user types it. */
async function verify(token: string) {
  const file = join(directory, `report-${++reports}.md`);
  const child = spawn(process.execPath, [PROGRAM, '--stage', DEV.id, '--endpoint', endpoint, '--report', file], {
    env: { PATH: process.env['PATH'], LANES_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr, file };
}

/** The signature is changed at its start: the last bits of base64 may mean nothing. */
function forged(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

test('a stage that works is found by its stacks and used by every entrance, and the report says so', async () => {
  const { code, stdout, stderr, file } = await verify(world.run.token);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain(`report: ${file}`);
  const report = readFileSync(file, 'utf8');
  expect(report).toMatch(/^\*\*[4-6] ok, 0 failed, [0-2] not exercised\*\*$/m);
  for (const lane of LANES) expect(report).toContain(`| ${stackName(DEV, lane.name)} | ${DEV.region} | CREATE_COMPLETE |`);
  expect(report).toMatch(/events by invoke, eventbridge, .* deliveries/);
}, 180_000);

/** Outputs by which a lane says where clients are to connect. */
const ADDRESSES = ['HttpsUrl', 'WebSocketUrl'];

test.each(ADDRESSES)(
  'a stage whose clients have nothing but its %s is used by that alone',
  async (only) => {
    const there = stacks;
    const isHere = (key: string) => key === only || !ADDRESSES.includes(key);
    stacks = new Map(
      [...there].map(([stack, outputs]) => [stack, Object.fromEntries(Object.entries(outputs).filter(([key]) => isHere(key)))]),
    );
    try {
      // A project that lacks the lane has no such output.
      if (![...there.values()].some((outputs) => only in outputs)) return;
      const { code, file } = await verify(world.run.token);
      expect(code).toBe(0);
      const report = readFileSync(file, 'utf8');
      expect(report).toMatch(/^\*\*[56] ok, 0 failed, [01] not exercised\*\*$/m);
      expect([report.includes('POST'), report.includes('WebSocket frame')]).toEqual(ADDRESSES.map((key) => key === only));
    } finally {
      stacks = there;
    }
  },
  180_000,
);

test('a stage that refuses the token fails, and neither the report nor the output has a part of it', async () => {
  const token = forged(world.run.token);
  const { code, stdout, stderr, file } = await verify(token);
  expect(code).toBe(1);
  const report = readFileSync(file, 'utf8');
  expect(report).toMatch(/^\*\*[1-9] ok, [1-9] failed/m);
  expect(stdout).toContain('FAILED: ');
  for (const part of token.split('.')) expect(`${report}${stdout}${stderr}`).not.toContain(part);
}, 180_000);

test('a stage that is not deployed is an error that says what is missing, and no report', async () => {
  const there = stacks;
  stacks = new Map();
  try {
    const { code, stderr, file } = await verify(world.run.token);
    expect(code).toBe(1);
    expect(stderr).toContain(`there is no stack ${stackName(DEV, 'backbone')} in ${DEV.region}`);
    expect(() => readFileSync(file)).toThrow('ENOENT');
  } finally {
    stacks = there;
  }
}, 60_000);
