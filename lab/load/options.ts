import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import { createCommand } from '../../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../../command-line/values.ts';
import { MIN_DATA_BYTES } from './payload.ts';

/** How clients get events. */
export type LaneName = 'sse' | 'websocket' | 'poll';

export interface LoadOptions {
  readonly url: string;
  readonly lane: LaneName;
  readonly channel: string;
  readonly token: string | undefined;
  readonly streams: number;
  readonly connectsPerSecond: number;
  readonly streamsPerConnection: number;
  readonly http1: boolean;
  /** Events per second; 0 publishes nothing. */
  readonly rate: number;
  readonly seconds: number;
  readonly dataBytes: number;
  readonly insecure: boolean;
  readonly json: boolean;
}

/** What one publication takes at most. */
const MAX_DATA_BYTES = 96 * 1024;

const PROTOCOLS = { sse: ['http:', 'https:'], poll: ['http:', 'https:'], websocket: ['ws:', 'wss:'] } as const;

/** Reads the command line. */
export function parseLoadOptions(argv: readonly string[]): LoadOptions {
  const program = createCommand(
    'load',
    'Opens streams to a running service, local or deployed, publishes at a rate whatever the service does, and checks what every stream gets: nothing lost, repeated or out of order.',
  )
    .addOption(new Option('--url <url>', 'of the service: http(s)://… or ws(s)://…').argParser(serviceUrl))
    .addOption(
      new Option('--lane <lane>', 'how clients get events (default: by the URL, sse or websocket)').choices(['sse', 'websocket', 'poll']),
    )
    .addOption(number('--streams <n>', 'streams to open', wholeNumber(1, 10_000_000)).default(100))
    .addOption(number('--connect-rate <n>', 'streams opened per second', positiveNumber(100_000)).default(500))
    .addOption(new Option('--channel <name>', 'all streams subscribe to it (default: a new one)'))
    .addOption(number('--rate <n>', 'events published per second; 0 publishes nothing', rate).default(1))
    .addOption(number('--seconds <n>', 'how long to publish, or to listen', positiveNumber(86_400)).default(10))
    .addOption(number('--data-bytes <n>', 'size of an event’s data', wholeNumber(MIN_DATA_BYTES, MAX_DATA_BYTES)).default(160))
    .addOption(new Option('--token <jwt>', 'sent with every request'))
    .addOption(
      number('--streams-per-connection <n>', 'SSE over HTTP/2: streams that share a connection at most', wholeNumber(1, 10_000)).default(
        100,
      ),
    )
    .addOption(new Option('--http1', 'SSE over HTTP/1.1 although the server speaks HTTP/2').default(false))
    .addOption(new Option('--insecure', 'take any certificate, such as a local run’s').default(false))
    .addOption(new Option('--json', 'print the result as one line of JSON').default(false));
  program.parse(argv);
  const { url, lane, channel, connectRate, token, ...rest } = program.opts<
    Omit<LoadOptions, 'url' | 'lane' | 'channel' | 'connectsPerSecond' | 'token'> & {
      url?: string;
      connectRate: number;
      lane?: LaneName;
      channel?: string;
      token?: string;
    }
  >();
  // Not by commander, which would not tell of an option that is misspelt.
  if (url === undefined) return program.error("error: required option '--url <url>' not specified");
  const { protocol } = new URL(url);
  const chosen = lane ?? (protocol.startsWith('ws') ? 'websocket' : 'sse');
  if (!PROTOCOLS[chosen].some((one) => one === protocol)) {
    program.error(`error: --url is ${url}, but lane ${chosen} needs ${PROTOCOLS[chosen].map((one) => `${one}//…`).join(' or ')}`);
  }
  return { ...rest, url, token, lane: chosen, channel: channel ?? `load.${newRunName()}`, connectsPerSecond: connectRate };
}

/** A short word that no other run has. */
export function newRunName(): string {
  return randomBytes(4).toString('hex');
}

function number(flags: string, description: string, parse: (text: string) => number): Option {
  return new Option(flags, description).argParser(parse);
}

function rate(text: string): number {
  return text === '0' ? 0 : positiveNumber(100_000)(text);
}

function serviceUrl(text: string): string {
  const { protocol } = URL.parse(text) ?? {};
  if (
    protocol === undefined ||
    !Object.values(PROTOCOLS)
      .flat()
      .some((one) => one === protocol)
  ) {
    throw new InvalidArgumentError('Give a URL that begins with http://, https://, ws:// or wss://.');
  }
  return text.replace(/\/+$/, '');
}
