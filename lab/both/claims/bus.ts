import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalRun, type LocalRunOptions, startLocalRun } from '../../../packages/assembly-local/run.ts';
import { publish } from './publish.ts';

/** Streams over two tasks, of which one hears nothing from the bus. */
export interface WithoutBus {
  readonly streams: number;
  /** How many had the event after {@link PROMPT_MS}. */
  readonly promptly: number;
  /** Until the last of them had it from the log, s. */
  readonly allAfterSeconds: number;
}

const STREAMS = 10;
const CHANNEL = 'claims.bus';
const PROMPT_MS = 2_000;

export async function measureWithoutBus(options: Pick<LocalRunOptions, 'assemblyDir' | 'log'>): Promise<WithoutBus> {
  const run = await startLocalRun({ ...options, tasks: 2 });
  try {
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => openStream(run)));
    // A channel's first event also tells a task that the channel exists.
    await publish(run, CHANNEL, 'first');
    await Promise.all(streams.map(({ has }) => has('first')));

    const [deaf] = run.services.flatMap(({ tasks }) => tasks);
    if (deaf === undefined) throw new Error('the stage has no task');
    run.faults.notification = (queue, body, deliver) => (queue.includes(deaf.id) ? undefined : deliver(body));
    let arrived = 0;
    const all = Promise.all(streams.map(({ has }) => has('second').then(() => arrived++)));
    const startedAtMs = performance.now();
    await publish(run, CHANNEL, 'second');
    await sleep(PROMPT_MS);
    const promptly = arrived;
    await all;

    for (const { close } of streams) close();
    return { streams: STREAMS, promptly, allAfterSeconds: Math.round((performance.now() - startedAtMs) / 1_000) };
  } finally {
    await run.close();
  }
}

async function openStream({ urls, token }: LocalRun) {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${urls.http}/v1/events?channel=${CHANNEL}`, { headers, agent: false }, resolve).once('error', reject);
  });
  let received = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  const has = async (data: string) => {
    while (!received.includes(`data: ${data}\n`)) await sleep(20);
  };
  return { has, close: () => response.destroy() };
}
