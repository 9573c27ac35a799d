import { LanesError } from '../../src/index.ts';
import { aMoment, equal, record, thrownBy, truthy, until, untilSeen } from './checks.ts';
import type { Case } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;
const EVERY = [...LANES, 'auto'] as const;

/** A token function that gives one answer after the other, and then the last one. */
function answers(...all: readonly (string | Promise<string>)[]): () => string | Promise<string> {
  let asked = 0;
  return () => all[Math.min(asked++, all.length - 1)] ?? '';
}

/** A token function whose first answer never comes. */
function unansweredOnce(): () => string | Promise<string> {
  return answers(new Promise<string>(() => {}), 'good');
}

/** How tokens are asked for, renewed and refused. */
export const TOKEN_CASES: readonly Case[] = [
  {
    name: 'renews a refused token',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['good'] });
      const tokens = ['bad', 'good'];
      const subscription = connect({ token: async () => tokens.shift() ?? 'good' }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.publish(channel, 'e 1');
      await untilSeen(seen, ['e 1'], 'events');
    },
  },
  {
    name: 'renews a token that has expired, and resumes',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      await server.set({ tokens: ['first', 'second'] });
      const tokens = ['first', 'second'];
      const subscription = connect({ token: () => tokens.shift() ?? 'none' }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      // Only clients with an open request are told. The token is accepted again, so that the next poll is not refused too.
      if (transport === 'poll') await until(async () => (await server.stats()).polls === 1, 'the poll waits');
      await server.expireTokens('byFrame');
      await server.publish(channel, 'between');
      await untilSeen(seen, ['between'], 'events');
      equal(tokens, [], 'tokens that were not asked for');
    },
  },
  {
    name: 'renews a token whose expiry is reported by a close code',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['first', 'second'] });
      const tokens = ['first', 'second'];
      const subscription = connect({ token: () => tokens.shift() ?? 'none' }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.expireTokens('byCloseCode');
      await server.publish(channel, 'between');
      await untilSeen(seen, ['between'], 'events');
      equal(tokens, [], 'tokens that were not asked for');
    },
  },
  {
    name: 'ends when the token is refused three times',
    transports: ['sse', 'poll'],
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['good'] });
      let asked = 0;
      const error = await thrownBy(() => connect({ token: () => `bad-${++asked}` }).subscribe(channel).ready);
      truthy(error instanceof LanesError && error.status === 401, `the error: ${error}`);
      equal(asked, 3, 'tokens asked for');
    },
  },
  {
    name: 'ends when the only token has expired',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['only'] });
      const subscription = connect({ token: 'only' }).subscribe(channel);
      await subscription.ready;
      await server.set({ tokens: [] });
      await server.expireTokens('byFrame');
      await until(() => subscription.status.status === 'closed', 'closed');
      equal(subscription.status.error?.status, 401, 'status of the error');
    },
  },
  {
    name: 'ends only when another fresh token is refused too',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['third'] });
      const tokens = ['first', 'second', 'third'];
      const connection = connect({ token: () => tokens.shift() ?? 'none' });
      await connection.subscribe(channel).ready;
      await server.set({ tokens: ['fifth'] });
      tokens.push('fourth', 'fifth');
      await connection.publish(channel, { data: 'e 1' });
    },
  },
  {
    name: 'reports a token function that never answers, and asks it again',
    transports: EVERY,
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['good'] });
      const connection = connect({ token: unansweredOnce(), answerTimeoutMs: 200, reconnectMinMs: 1e9, reconnectMaxMs: 1e9 });
      const subscription = connection.subscribe(channel);
      await until(() => subscription.status.status === 'waiting', 'waiting');
      equal(subscription.status.error?.code, 'token_unavailable', 'code');
      await until(() => {
        // On a busy machine, a request may take too long as well.
        if (subscription.status.status === 'waiting') connection.retryNow();
        return subscription.status.status === 'live';
      }, 'live');
    },
  },
  {
    name: 'takes the answer of a token function that comes late',
    transports: EVERY,
    async run({ connect, server, channel }) {
      await server.set({ tokens: ['good'] });
      let answer: (token: string) => void = () => {};
      const late = new Promise<string>((resolve) => {
        answer = resolve;
      });
      const token = answers(late, new Promise<string>(() => {}), new Promise<string>(() => {}));
      const subscription = connect({ token, answerTimeoutMs: 200 }).subscribe(channel);
      await until(() => subscription.status.status === 'waiting', 'waiting');
      answer('good');
      await subscription.ready;
    },
  },
  {
    name: 'says why the token function failed, and asks it again',
    transports: EVERY,
    async run({ connect, channel }) {
      let asked = 0;
      const token = () => {
        if (asked++ === 0) throw new TypeError('no session');
        return 'good';
      };
      const connection = connect({ token });
      const errors: unknown[] = [];
      connection.addEventListener('status', ({ detail }) => {
        if (detail.status === 'waiting') errors.push([detail.error?.code, detail.error?.message]);
      });
      await connection.subscribe(channel).ready;
      equal(errors, [['token_unavailable', 'the token function failed: no session']], 'errors');
    },
  },
  {
    name: 'gives up a publication in time although the token function never answers',
    transports: EVERY,
    async run({ connect, channel }) {
      const connection = connect({ token: () => new Promise<string>(() => {}), publishTimeoutMs: 50 });
      const error = await thrownBy(() => connection.publish(channel, { data: 'e 1' }));
      truthy(error instanceof LanesError && error.code === 'publish_timeout', `the error: ${error}`);
    },
  },
  {
    name: 'stops a publication although the token function never answers',
    transports: EVERY,
    async run({ connect, channel }) {
      const connection = connect({ token: () => new Promise<string>(() => {}) });
      const abort = new AbortController();
      const publications = [{ signal: abort.signal }, {}].map((options) =>
        thrownBy(() => connection.publish(channel, { data: 'e 1' }, options)),
      );
      const subscription = connection.subscribe(channel);
      await aMoment();
      abort.abort(new RangeError('enough'));
      equal(String(await publications[0]), 'RangeError: enough', "the signal's reason");
      connection.close();
      const error = await publications[1];
      truthy(error instanceof LanesError && error.code === 'closed', `the error: ${error}`);
      truthy((await thrownBy(() => subscription.ready)) instanceof LanesError, 'the subscription ends');
    },
  },
  {
    name: 'moves to another transport although the token function has not answered',
    transports: LANES,
    async run({ connect, server, channel, transport }) {
      let answer: (token: string) => void = () => {};
      let asked = 0;
      const token = () => {
        asked++;
        return new Promise<string>((resolve) => {
          answer = resolve;
        });
      };
      const connection = connect({ token });
      const subscription = connection.subscribe(channel);
      await until(() => asked === 1, 'asked');
      const other = transport === 'poll' ? 'websocket' : 'poll';
      connection.use(other);
      await until(() => subscription.status.transport === other, 'moved');
      answer('good');
      await subscription.ready;
      equal(asked, 1, 'times asked');
      const { polls, sockets, streams } = await server.stats();
      equal([sockets > 0, streams], [other === 'websocket', 0], `what is open, with ${polls} polls`);
    },
  },
];
