import type { PartOptions } from '../../shared/report/section.ts';
import type { PostQuestion, PostReply } from './post-program.ts';
import { POSTERS, type PosterName } from './posters.ts';
import { withPrograms } from './programs.ts';

/** One round of one poster. */
export interface PostsSample {
  readonly poster: PosterName;
  readonly inFlight: number;
  /** Posts per second of CPU of the posting process. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

export interface PostsFigures {
  /** Name of what answered. */
  readonly endpoint: string;
  readonly samples: readonly PostsSample[];
}

/** In flight: what an invocation of `dev` has, and one of `prod` (`lib/stages`). */
const IN_FLIGHT = { quick: [64], full: [64, 256] };

/** How many posts a core makes with each poster, each in a process of its own, in turn. */
export function measurePosts({ quick, rounds, signal, progress }: PartOptions): Promise<PostsFigures> {
  const seconds = quick ? 1.5 : 4;
  return withPrograms(signal, async (programs) => {
    const samples: PostsSample[] = [];
    const endpoint = await programs.startEndpoint();
    for (let round = 1; round <= rounds; round++) {
      for (const inFlight of quick ? IN_FLIGHT.quick : IN_FLIGHT.full) {
        for (const poster of POSTERS) {
          progress(`posts per core: round ${round} of ${rounds}, ${poster}, ${inFlight} in flight`);
          const program = programs.start<PostQuestion, PostReply>('post-program.ts');
          const { posts, cpuSeconds, wallSeconds } = await program.ask({ poster, endpoint: endpoint.url, inFlight, seconds });
          await program.stop();
          samples.push({ poster, inFlight, perCpuSecond: posts / cpuSeconds, perSecond: posts / wallSeconds });
        }
      }
    }
    return { endpoint: endpoint.name, samples };
  });
}
