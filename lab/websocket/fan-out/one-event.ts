import { setTimeout as sleep } from 'node:timers/promises';
import type { PartOptions } from '../../shared/report/section.ts';
import type { FanOutQuestion, FanOutReply } from './fan-out-program.ts';
import type { GatewayQuestion, GatewayReply } from './gateway-program.ts';
import type { PosterName } from './posters.ts';
import { type Programs, withPrograms } from './programs.ts';
import type { SocketsQuestion, SocketsReply } from './sockets-program.ts';

/** One event to all sockets, by one poster. */
export interface OneEventSample {
  readonly poster: PosterName;
  /** From the notification to the last socket. */
  readonly lastMs: number;
  /** Of the fan-out's process. */
  readonly cpuSeconds: number;
  /** Frames that a socket got above one. */
  readonly doubled: number;
  /** Open sockets that never got it. */
  readonly missing: number;
  /** Connections that were found closed. */
  readonly gone: number;
  /** 429 that the fan-out saw: the SDK's client hides its own retries. */
  readonly throttledPosts: number;
  readonly undeliverable: number;
}

export interface OneEventFigures {
  readonly sockets: number;
  /** Connections that the table still lists. */
  readonly closed: number;
  /** Sockets whose first post is answered 429. */
  readonly busy: number;
  readonly samples: readonly OneEventSample[];
}

const POSTERS = ['ours', 'AWS SDK'] as const;

/** One in a hundred is gone, and one in a hundred is throttled. */
const SHARE = 100;

/** The gateway and the sockets have a core to themselves, so one process stands for all invocations. */
const SETTING = { postConcurrency: 256, invocations: 2, batchSize: 10 };

const TIMEOUT_MS = 120_000;

/** One event to many real sockets through the gateway of the local run, with the SDK's client and with ours in turn. */
export function measureOneEvent(options: PartOptions): Promise<OneEventFigures> {
  return withPrograms(options.signal, (programs) => measureWith(programs, options));
}

async function measureWith(programs: Programs, { quick, rounds, progress }: PartOptions): Promise<OneEventFigures> {
  const sockets = quick ? 2_000 : 10_000;
  const closed = sockets / SHARE;
  const samples: OneEventSample[] = [];
  const gateway = programs.start<GatewayQuestion, GatewayReply>('gateway-program.ts');
  const clients = programs.start<SocketsQuestion, SocketsReply>('sockets-program.ts');
  const fanOut = programs.start<FanOutQuestion, FanOutReply>('fan-out-program.ts');

  progress(`one event: opening ${sockets} sockets`);
  const lookAtGateway = () => gateway.ask({ throttleEvery: SHARE });
  const { websocketUrl: url, managementEndpoint: endpoint } = await lookAtGateway();
  await clients.ask({ kind: 'open', url, count: sockets + closed });
  const connectionIds = [...(await lookAtGateway()).connectionIds].sort();
  await clients.ask({ kind: 'close', count: closed });
  while ((await lookAtGateway()).connectionIds.length > sockets) await sleep(20);

  let seq = 0;
  const deliver = async (poster: (typeof POSTERS)[number]): Promise<OneEventSample> => {
    // Makes the busy connections busy again.
    await lookAtGateway();
    const delivering = fanOut.ask({ ...SETTING, poster, endpoint, connectionIds, seq: ++seq });
    const arrived = await clients.ask({ kind: 'await', id: `bench.${seq}`, timeoutMs: TIMEOUT_MS });
    const { startedAtMs, cpuSeconds, gone, throttledPosts, undeliverable } = await delivering;
    const { lastAtMs, doubled, reached, open } = arrived;
    return { poster, lastMs: lastAtMs - startedAtMs, cpuSeconds, doubled, missing: open - reached, gone, throttledPosts, undeliverable };
  };
  // The first event of each is not counted: it opens sockets and compiles, as that of a cold function.
  for (let round = 0; round <= rounds; round++) {
    for (const poster of POSTERS) {
      progress(`one event to ${sockets} sockets: round ${round} of ${rounds}, ${poster}`);
      const sample = await deliver(poster);
      if (round > 0) samples.push(sample);
    }
  }
  return { sockets, closed, busy: Math.ceil(sockets / SHARE), samples };
}
