import { LanesError, type Status } from '../../src/index.ts';
import { equal, numbered, record, thrownBy, toText, truthy, until, untilSeen } from './checks.ts';
import type { Case } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

export const CONNECTION_CASES: readonly Case[] = [
  {
    name: 'replaces a connection that has gone silent',
    transports: LANES,
    async run({ connect, server, channel }) {
      const subscription = connect({ silenceTimeoutMs: 200, answerTimeoutMs: 200, pingIntervalMs: 200, pollWaitSeconds: 0 }).subscribe(
        channel,
      );
      const seen = record(subscription);
      await subscription.ready;
      await server.set({ mute: true });
      await server.publish(channel, 'unheard');
      await until(() => subscription.status.status === 'waiting', 'the silence is noticed');
      await server.set({ mute: false });
      await untilSeen(seen, ['unheard'], 'events');
    },
  },
  {
    name: 'keeps a quiet stream that heartbeats show to be alive',
    transports: ['sse', 'auto'],
    async run({ connect, server, channel }) {
      const subscription = connect({ silenceTimeoutMs: 400, firstBytesTimeoutMs: 400 }).subscribe(channel);
      await subscription.ready;
      const startedAtMs = Date.now();
      await until(() => Date.now() - startedAtMs > 1_000, 'more than twice the silence that is allowed');
      equal((await server.stats()).opened, 1, 'streams opened');
    },
  },
  {
    name: 'sends nothing on a closing socket, and continues on the next',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const sockets: WebSocket[] = [];
      let sentTooLate = 0;
      class Watched extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols);
          sockets.push(this);
        }
        override send(data: Parameters<WebSocket['send']>[0]): void {
          if (this.readyState !== WebSocket.OPEN) sentTooLate++;
          super.send(data);
        }
      }
      const connection = connect({ WebSocket: Watched });
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      sockets[0]?.close();
      equal(sockets[0]?.readyState, WebSocket.CLOSING, 'the state of the first socket');
      connection.retryNow();
      await server.publish(channel, 'after');
      await untilSeen(seen, ['after'], 'events');
      equal(sentTooLate, 0, 'frames sent on a socket that was not open');
    },
  },
  {
    name: 'retries after failures with growing waits, and reports them',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 3, status: 503 } });
      const connection = connect({ reconnectMinMs: 5 });
      const waits: Status[] = [];
      connection.addEventListener('status', ({ detail }) => {
        if (detail.status === 'waiting') waits.push(detail);
      });
      await connection.subscribe(channel).ready;
      equal(waits.length, 3, 'waits');
      truthy(
        waits.every(({ delayMs = -1 }, n) => delayMs >= 0 && delayMs <= 5 * 2 ** n),
        'each wait is below its bound',
      );
      truthy(
        waits.every(({ error }) => error instanceof LanesError && !error.final),
        'each has an error',
      );
    },
  },
  {
    name: 'does not reconnect sooner than the server asks',
    transports: ['sse', 'poll'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 1, status: 503, retryAfter: 1 } });
      const startedAtMs = Date.now();
      const subscription = connect().subscribe(channel);
      await subscription.ready;
      truthy(Date.now() - startedAtMs >= 950, 'a second passed');
    },
  },
  {
    name: 'publishes no sooner than the server asks',
    transports: ['sse', 'poll', 'auto'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 1, status: 503, retryAfter: 1 } });
      const startedAtMs = Date.now();
      await connect().publish(channel, { data: 'e 1' });
      truthy(Date.now() - startedAtMs >= 950, 'a second passed');
    },
  },
  {
    name: 'ends when the server answers 204, as an EventSource does',
    transports: ['sse', 'poll', 'auto'],
    async run({ connect, server, channel }) {
      const connection = connect();
      for (const act of [() => connection.subscribe(channel).ready, () => connection.publish(channel, { data: 'e 1' })]) {
        await server.set({ failures: { times: 1, status: 204 } });
        const error = await thrownBy(act);
        truthy(error instanceof LanesError && error.status === 204 && error.final, `the error: ${error}`);
      }
    },
  },
  {
    name: 'reads a stream whose Content-Type is in other letters',
    transports: ['sse', 'auto'],
    async run({ connect, server, channel }) {
      await server.set({ streamType: 'Text/Event-Stream; Charset=UTF-8' });
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.publish(channel, 'e 1');
      await untilSeen(seen, ['e 1'], 'events');
    },
  },
  {
    name: 'ends with the error when the request is wrong, for listeners and for the iterator',
    transports: LANES,
    async run({ connect }) {
      const subscription = connect().subscribe('forbidden');
      const ended: Status[] = [];
      subscription.addEventListener('status', ({ detail }) => {
        if (detail.status === 'closed') ended.push(detail);
      });
      const error = await thrownBy(async () => {
        for await (const item of subscription) truthy(false, `nothing comes, not ${toText(item)}`);
      });
      truthy(error instanceof LanesError, 'a LanesError is thrown');
      if (!(error instanceof LanesError)) return;
      equal([error.code, error.message, error.final], ['forbidden', 'channel "forbidden" is not allowed', true], 'the error');
      truthy(ended.length === 1 && ended[0]?.error === error, 'the status carries it');
      equal(await thrownBy(() => subscription.ready).then((thrown) => thrown === error), true, 'ready rejects with it');
    },
  },
  {
    name: 'replaces its socket without loss: the new one opens first',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const subscription = connect({ rotateAfterMs: 200 }).subscribe(channel);
      const seen = record(subscription);
      const statuses: string[] = [];
      await subscription.ready;
      subscription.addEventListener('status', ({ detail }) => statuses.push(detail.status));
      let count = 0;
      await until(async () => {
        await server.publish(channel, `e ${++count}`);
        return (await server.stats()).opened >= 4;
      }, 'three replacements');
      await untilSeen(seen, numbered('e', 1, count), 'events');
      equal((await server.stats()).mostSockets, 2, 'most sockets at a time');
      equal(statuses, [], 'changes of status');
      await until(async () => (await server.stats()).sockets === 1, 'the old ones are closed');
    },
  },
  {
    name: 'its old socket delivers until the new one does',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      // The next replacement, which closes the old socket, comes half of it later at the soonest.
      const subscription = connect({ rotateAfterMs: 1_000 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.set({ slowFrames: { subscribe: 60_000 } });
      await until(async () => (await server.stats()).sockets === 2, 'the new socket');
      await server.publish(channel, 'e 1');
      await untilSeen(seen, ['e 1'], 'events');
      const { sockets, subscriptions } = await server.stats();
      equal([sockets, subscriptions], [2, 1], 'sockets and subscriptions');
    },
  },
  {
    name: 'its old socket continues while no new one can be opened',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const subscription = connect({ rotateAfterMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      const statuses: string[] = [];
      await subscription.ready;
      subscription.addEventListener('status', ({ detail }) => statuses.push(detail.status));
      await server.set({ failures: { times: 3, status: 503 } });
      await until(async () => (await server.stats()).opened === 2, 'the new socket');
      await server.publish(channel, 'e 1');
      await untilSeen(seen, ['e 1'], 'events');
      equal(statuses, [], 'changes of status');
    },
  },
  {
    name: 'asks again when API Gateway could not run the handler',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.set({ brokenFrames: 2 });
      const connection = connect();
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.set({ brokenFrames: 1 });
      await connection.publish(channel, { data: 'e 1' });
      await untilSeen(seen, ['e 1'], 'events');
      equal((await server.stats()).opened, 1, 'sockets opened');
    },
  },
  {
    name: 'keeps a socket without subscriptions alive with pings',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await connect({ pingIntervalMs: 20 }).publish(channel, { data: 'e 1' });
      await until(async () => (await server.stats()).pings >= 2, 'pings');
    },
  },
];
