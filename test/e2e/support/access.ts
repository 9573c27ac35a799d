import { expect, test } from '@jest/globals';
import type { Issuer, TokenRequest } from '../../../packages/assembly-local/issuer/issuer.ts';
import type { Transport } from '../../../packages/client/src/index.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from './clients.ts';
import { type InProcessRun, publishByFunction } from './in-process.ts';
import { connectOver } from './transports.ts';

/** An origin that the stage allows. */
const PAGE = 'http://localhost:5173';

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export type Carrier = 'authorization' | 'cookie' | 'query' | 'subprotocol';

export interface Request {
  readonly headers: Record<string, string>;
  readonly query: string;
  readonly subprotocols: string[];
}

/** What a client sends that has its token there; without a token what is left is nothing. */
function carry(carrier: Carrier, token: string | undefined): Request {
  const request = { headers: { origin: PAGE }, query: '', subprotocols: ['lanes.v1.json'] };
  if (token === undefined) return request;
  switch (carrier) {
    case 'authorization':
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
    case 'cookie':
      return { ...request, headers: { ...request.headers, cookie: `theme=dark; __Host-lanes=${token}` } };
    case 'query':
      return { ...request, query: `token=${token}` };
    case 'subprotocol':
      return { ...request, subprotocols: ['lanes.v1.json', `bearer.${token}`] };
  }
}

export type Action = 'subscribe' | 'publish';

/** What a token was refused for. */
export type Refusal = 'unauthorized' | 'expired' | 'forbidden';

/** A way to ask something of a lane. */
export interface Entrance {
  readonly carriers: readonly Carrier[];
  readonly action: Action;
  readonly send: (request: Request, channel: string) => Promise<string>;
  /** What it answers to what may be done, and to what is refused. */
  readonly answers: Readonly<Record<'right' | Refusal, string>>;
}

type Issue = Issuer['issue'];

interface Case {
  readonly name: string;
  readonly token: (issue: Issue, channel: string, action: Action) => string | undefined;
  readonly answer: 'right' | Refusal;
}

const good = (channel: string): TokenRequest => ({ subscribe: [channel], publish: [channel] });

/** The own-channel form of a pattern. */
const OWN = 'access.${sub}.*';

const channelOfOne = (): string => `access.${freshChannel('user').replaceAll('.', '-')}.inbox`;

/** Whose channel it is, in the channels of the tests below, and the rights of that user by a template. */
const own = (channel: string, action: Action, suffix = ''): TokenRequest => ({
  subject: `${channel.split('.')[1]}${suffix}`,
  [action]: [OWN],
});

/** The signature is changed at its start: the last bits of base64 may mean nothing. */
function withoutGoodSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

function withoutSignature(token: string): string {
  const [header = '', claims] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly kid: string };
  return `${encode({ alg: 'none', typ: 'JWT', kid })}.${claims}.`;
}

const CASES: readonly Case[] = [
  { name: 'no token', token: () => undefined, answer: 'unauthorized' },
  { name: 'a bad signature', token: (issue, channel) => withoutGoodSignature(issue(good(channel))), answer: 'unauthorized' },
  {
    name: 'the wrong issuer',
    token: (issue, channel) => issue({ ...good(channel), claims: { iss: 'https://other.example' } }),
    answer: 'unauthorized',
  },
  { name: 'the wrong audience', token: (issue, channel) => issue({ ...good(channel), claims: { aud: 'other' } }), answer: 'unauthorized' },
  { name: 'an expired token', token: (issue, channel) => issue({ ...good(channel), expiresInSeconds: -1 }), answer: 'expired' },
  {
    name: 'a token that is not valid yet',
    token: (issue, channel) => issue({ ...good(channel), claims: { nbf: nowSeconds() + 60 } }),
    answer: 'unauthorized',
  },
  { name: 'alg: none', token: (issue, channel) => withoutSignature(issue(good(channel))), answer: 'unauthorized' },
  { name: 'a token for another channel', token: (issue) => issue(good('another')), answer: 'forbidden' },
  {
    name: 'a token for another action',
    token: (issue, channel, action) => issue({ [action === 'subscribe' ? 'publish' : 'subscribe']: [channel] }),
    answer: 'forbidden',
  },
  {
    name: "a template that gives another subject's channels",
    token: (issue, channel, action) => issue(own(channel, action, 'x')),
    answer: 'forbidden',
  },
  {
    name: 'a template for a subject that is a pattern',
    token: (issue, _, action) => issue({ subject: '*', [action]: [OWN] }),
    answer: 'forbidden',
  },
  {
    name: 'a template that gives the channels of its subject',
    token: (issue, channel, action) => issue(own(channel, action)),
    answer: 'right',
  },
  { name: 'the right token', token: (issue, channel, action) => issue({ [action]: [channel] }), answer: 'right' },
];

/** Tests of an entrance: every fault of a token, in every place that may carry one. */
export function testTokens(world: () => InProcessRun, { carriers, action, send, answers }: Entrance): void {
  const rows = carriers.flatMap((carrier) => CASES.map((each) => ({ carrier, each })));

  test.each(rows.map((row) => [row.carrier, row.each.name, row] as const))('%s: %s', async (_, __, { carrier, each }) => {
    const channel = channelOfOne();
    const token = each.token((request) => world().run.issuer.issue(request), channel, action);
    expect(await send(carry(carrier, token), channel)).toBe(answers[each.answer]);
  });
}

/** A test of the client library: it comes back with a new token when the one that it has used ends, and misses nothing. */
export function testRenewal(world: () => InProcessRun, transports: readonly Transport[]): void {
  test.each(transports)(
    'is no gap for the client over %s: it comes back with a new token, at its cursor',
    async (transport) => {
      const { issuer, urls } = world().run;
      const channel = freshChannel('renewing');
      let tokens = 0;
      const connection = connectOver(transport, urls, {
        token: () => issuer.issue({ subscribe: [channel], expiresInSeconds: ++tokens < 3 ? 2 : 600 }),
        reconnectMaxMs: 500,
        pollWaitSeconds: 1,
        pingIntervalMs: 1_000,
      });
      const got: string[] = [];
      const subscription = connection.subscribe(channel);
      subscription.addEventListener('event', ({ detail }) => got.push(detail.data));
      await subscription.ready;
      const sent: string[] = [];
      while (tokens < 3) {
        sent.push(`${sent.length + 1}`);
        await publishByFunction(world().run, channel, sent.at(-1) ?? '');
      }
      await until('everything has come', () => got.length >= sent.length);
      connection.close();
      expect(got).toEqual(sent);
    },
    60_000,
  );
}

/** A test of what the lane writes when tokens come to every entrance, the right ones and those that it refuses. */
export function testLogs(world: () => InProcessRun, entrances: readonly Entrance[]): void {
  test('no log of the service or of a function contains a token, whatever happened to it', async () => {
    const { lines, run } = world();
    const channel = channelOfOne();
    for (const { carriers, action, send } of entrances) {
      for (const carrier of carriers) {
        for (const { token } of CASES)
          await send(
            carry(
              carrier,
              token((request) => run.issuer.issue(request), channel, action),
            ),
            channel,
          );
      }
    }
    await until('something is written', () => lines.length > 0);
    // Every token begins with the same header.
    expect(lines.filter((line) => line.includes(run.token.split('.')[0] ?? ''))).toEqual([]);
  }, 60_000);
}
