import type { PartOptions } from '../../shared/report/section.ts';
import type { FanOutQuestion, FanOutReply } from './fan-out-program.ts';
import { connectionIds } from './posters.ts';
import { type Programs, withPrograms } from './programs.ts';
import type { RateLimit, StandInQuestion, StandInReply } from './stand-in-program.ts';

/** One event to so many connections. */
export interface GrowthSample {
  readonly connections: number;
  /** Undefined: as fast as one core posts. */
  readonly limit: RateLimit | undefined;
  /** From the notification until no work is left. */
  readonly seconds: number;
  readonly cpuMicrosPerConnection: number;
  readonly invocations: number;
  readonly throttledPosts: number;
  /** Connections that got no frame. */
  readonly missing: number;
  /** Frames above one for a connection. */
  readonly doubled: number;
}

/** Of an account in a Region, for the management API and everything else together (API Gateway quotas, 2026-11). */
export const ACCOUNT_LIMIT: RateLimit = { perSecond: 10_000, burst: 5_000 };

const CONNECTIONS = { quick: [1_000, 10_000], full: [1_000, 10_000, 100_000] };

/** As in `prod`, but all invocations share one process here: they would have a core each. */
const SETTING = { postConcurrency: 256, invocations: 4, batchSize: 10 };

/** How the delivery of one event grows with the connections, without a limit and against the account's. */
export function measureGrowth(options: PartOptions): Promise<readonly GrowthSample[]> {
  return withPrograms(options.signal, (programs) => measureWith(programs, options));
}

async function measureWith(programs: Programs, { quick, rounds, progress }: PartOptions): Promise<readonly GrowthSample[]> {
  const samples: GrowthSample[] = [];
  const standIn = programs.start<StandInQuestion, StandInReply>('stand-in-program.ts');
  const fanOut = programs.start<FanOutQuestion, FanOutReply>('fan-out-program.ts');
  let seq = 0;
  const deliver = async (connections: number, limit: RateLimit | undefined): Promise<GrowthSample> => {
    const { endpoint } = await standIn.ask(limit === undefined ? {} : { limit });
    const ids = connectionIds(connections);
    const answer = await fanOut.ask({ ...SETTING, poster: 'ours', endpoint, connectionIds: ids, seq: ++seq });
    const { reached, doubled, throttled } = await standIn.ask({});
    const { wallSeconds: seconds, cpuSeconds, invocations } = answer;
    const missing = connections - reached;
    return {
      connections,
      limit,
      seconds,
      cpuMicrosPerConnection: (cpuSeconds * 1e6) / connections,
      invocations,
      throttledPosts: throttled,
      missing,
      doubled,
    };
  };

  progress('growth: warming up');
  await deliver(20_000, undefined);
  for (let round = 1; round <= rounds; round++) {
    for (const connections of quick ? CONNECTIONS.quick : CONNECTIONS.full) {
      for (const limit of [undefined, ACCOUNT_LIMIT]) {
        const how = limit === undefined ? 'without a limit' : "within the account's limit";
        progress(`one event to ${connections} connections ${how}: round ${round} of ${rounds}`);
        samples.push(await deliver(connections, limit));
      }
    }
  }
  return samples;
}
