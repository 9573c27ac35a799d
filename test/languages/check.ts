import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runUntil } from '../../command-line/program.ts';
import type { LocalRun } from '../../packages/assembly-local/run.ts';
import { type Connection, connect } from '../../packages/client/src/index.ts';
import { until } from '../support/until.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import type { LanePage } from './lane-pages.ts';
import { build, LANGUAGES, type Language } from './toolchains.ts';

const ROOT = join(import.meta.dirname, '../..');
const CUTS = 3;
const EVENTS_AFTER_CUT = 5;
const PUBLISH_EVERY_MS = 100;
/** A program waits for up to 30 s between two tries. */
const PATIENCE_MS = 60_000;

export interface Check {
  readonly page: LanePage;
  readonly language: Language;
  readonly run: LocalRun;
  /** A folder of its own, which does not exist yet. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Builds and runs the program of a page. It reads through a proxy that cuts its connection several times, and events are published while
 * it is away and afterwards.
 * @throws Error if it does not print each event once and in order from its first one on, or connects without resuming
 */
export async function checkProgram({ page, language, run, folder, signal }: Check): Promise<void> {
  const channel = `languages-${page.lane}-${language}`;
  const proxy = await CuttingProxy.start(page.target(run.urls));
  const publisher = publisherOf(run, channel);
  try {
    mkdirSync(folder, { recursive: true });
    const files = filesOf(page, language, (code) => localised(code, page, run, proxy.port, channel));
    const command = await build(language, files, folder, runUntil(signal, { cwd: folder, linesShown: 40 }));
    const program = startProgram(command, folder, run.token);
    try {
      const untilPrinted = (event: number) =>
        until(
          `the program prints event ${event}`,
          async () => {
            signal.throwIfAborted();
            // Goes on, since what follows shows that a notification was lost.
            await publisher.publish();
            await sleep(PUBLISH_EVERY_MS);
            return (program.printed().at(-1) ?? 0) >= event;
          },
          PATIENCE_MS,
        ).catch((cause: unknown) => {
          throw new Error(program.said(), { cause });
        });
      await untilPrinted(1);
      for (let cuts = 1; cuts <= CUTS; cuts++) {
        proxy.cut();
        for (let i = 0; i < EVENTS_AFTER_CUT; i++) await publisher.publish();
        await untilPrinted(publisher.count);
      }
    } finally {
      await program.stop();
    }
    checkPrinted(program.printed());
    checkResumptions(proxy.heads, page.resumption ?? /^/);
  } finally {
    publisher.close();
    await proxy.stop();
  }
}

/** @throws Error unless every number from the first one to the last is there, once and in order */
function checkPrinted(printed: readonly number[]): void {
  const [first = 0] = printed;
  const wanted = printed.map((_, index) => first + index);
  if (printed.join() !== wanted.join()) throw new Error(`printed ${printed}, which lacks, repeats or reorders events`);
}

/** @throws Error unless there was a connection for each cut, and each resumes */
function checkResumptions([, ...heads]: readonly string[], resumption: RegExp): void {
  if (heads.length < CUTS) throw new Error(`connected ${heads.length} times after ${CUTS} cuts`);
  const foreign = heads.find((head) => !resumption.test(head));
  if (foreign !== undefined) throw new Error(`a request does not resume: ${foreign}`);
}

/** The blocks below the heading of a language, as files. */
function filesOf(page: LanePage, language: Language, localise: (code: string) => string): Readonly<Record<string, string>> {
  const text = readFileSync(join(ROOT, page.path), 'utf8');
  const [section = ''] = text.split(/^## /m).filter((part) => part.toLowerCase().startsWith(`${language}\n`));
  const names: Readonly<Record<string, string>> = LANGUAGES[language].blocks;
  const blocks = [...section.matchAll(/^```(\S+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', code = '']) => [names[kind], localise(code)]);
  if (blocks.length === 0) throw new Error(`${page.path} has no program below "## ${language}"`);
  return Object.fromEntries(blocks.filter(([name]) => name !== undefined));
}

/** The program with the address of the proxy and a channel of its own. */
function localised(code: string, page: LanePage, run: LocalRun, port: number, channel: string): string {
  const { protocol, pathname } = page.target(run.urls);
  const origin = `${protocol}//127.0.0.1:${port}${pathname.replace(/\/$/, '')}`;
  return code
    .replaceAll(page.origin, origin)
    .replaceAll('channel=orders', `channel=${channel}`)
    .replaceAll(/(CHANNEL\b.*= )"orders"/g, `$1"${channel}"`);
}

/** Publishes 1, 2, 3 … on a channel. */
function publisherOf({ urls: { http, websocket }, token }: LocalRun, channel: string) {
  const connection: Connection = connect({
    ...(http !== '' && { url: http }),
    ...(websocket !== '' && { websocketUrl: websocket }),
    token,
  });
  let count = 0;
  return {
    get count() {
      return count;
    },
    async publish() {
      count++;
      await connection.publish(channel, { data: `${count}` });
    },
    close: () => connection.close(),
  };
}

/** Starts a program that prints `message <number>` for each event. */
function startProgram([file, ...args]: readonly [string, ...string[]], cwd: string, token: string) {
  const child = spawn(file, args, { cwd, env: { ...process.env, LANES_TOKEN: token }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close');
  const printed = () => [...stdout.matchAll(/^message (\d+)\n/gm)].map(([, number]) => Number(number));
  return {
    printed,
    said: () => `it has printed ${JSON.stringify(stdout.slice(-200))} and said ${JSON.stringify(stderr.slice(-500))}`,
    async stop() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
