import type { ConnectOptions, Transport } from '../../src/index.ts';
import { connect } from '../../src/index.ts';
import { ACTIVITY_CASES } from './cases-activity.ts';
import { CONNECTION_CASES } from './cases-connection.ts';
import { DELAY_CASES } from './cases-delays.ts';
import { DELIVERY_CASES } from './cases-delivery.ts';
import { INPUT_CASES } from './cases-input.ts';
import { PING_CASES } from './cases-ping.ts';
import { PRESENCE_CASES } from './cases-presence.ts';
import { PROXY_CASES } from './cases-proxy.ts';
import { PUBLISH_CASES } from './cases-publish.ts';
import { READING_CASES } from './cases-reading.ts';
import { TOKEN_CASES } from './cases-token.ts';
import type { Case, ServerControl } from './control.ts';

/** What the client promises. The same in Node and in a browser. */
export const CASES: readonly Case[] = [
  ...DELIVERY_CASES,
  ...PING_CASES,
  ...CONNECTION_CASES,
  ...READING_CASES,
  ...PUBLISH_CASES,
  ...ACTIVITY_CASES,
  ...DELAY_CASES,
  ...TOKEN_CASES,
  ...INPUT_CASES,
  ...PROXY_CASES,
  ...PRESENCE_CASES,
];

/** Short, so that a case takes milliseconds. */
export const SHORT_TIMES = {
  reconnectMinMs: 10,
  reconnectMaxMs: 100,
  gapWaitMs: 10,
  pollWaitSeconds: 5,
  pollIntervalMs: 5,
  answerTimeoutMs: 5_000,
  firstBytesTimeoutMs: 2_000,
} as const;

let channels = 0;

/** Runs a case against a server of its own: the case may leave its faults behind. */
export async function runCase(
  { run }: Case,
  transport: Transport,
  server: ServerControl,
  urls: { readonly url: string; readonly websocketUrl: string },
): Promise<void> {
  const connections: { close(): void }[] = [];
  const open = (options: Partial<ConnectOptions> = {}) => {
    const connection = connect({ url: urls.url, websocketUrl: urls.websocketUrl, transport, ...SHORT_TIMES, ...options });
    connections.push(connection);
    return connection;
  };
  try {
    await run({ transport, server, channel: `case.${++channels}`, connect: open });
  } finally {
    for (const connection of connections) connection.close();
  }
}
