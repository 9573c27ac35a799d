/** Posts without a pause to whatever answers at an endpoint, and tells what that cost. */
import { encodeEventFrame } from '../../../backbone/domain/event.ts';
import { connectionIds, createPoster, type PosterName } from './posters.ts';
import { answerQuestions } from './program.ts';

export interface PostQuestion {
  readonly poster: PosterName;
  readonly endpoint: string;
  readonly inFlight: number;
  readonly seconds: number;
}

export interface PostReply {
  readonly posts: number;
  /** Of this process: all its threads, user and system. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

const WARM_UP_MS = 1_500;

answerQuestions(async ({ poster: name, endpoint, inFlight, seconds }: PostQuestion): Promise<PostReply> => {
  const poster = createPoster(name, endpoint, inFlight);
  const ids = connectionIds(10_000);
  const event = { channel: 'bench', epoch: 'bench', seq: 1, type: 'message', data: 'x'.repeat(160), publishedAtMs: Date.now() };
  const frame = encodeEventFrame(event);
  let posts = 0;
  let next = 0;
  let over = false;
  const post = async () => {
    while (!over) {
      const { kind } = await poster.post(ids[next++ % ids.length] ?? '', frame);
      if (kind !== 'sent') throw new Error(`the endpoint answered ${kind}`);
      posts++;
    }
  };
  const posting = Promise.all(Array.from({ length: inFlight }, post));
  const passed = (ms: number) => Promise.race([posting, new Promise((resolve) => setTimeout(resolve, ms))]);
  await passed(WARM_UP_MS);
  const before = { posts, cpu: process.cpuUsage(), ms: performance.now() };
  await passed(seconds * 1_000);
  const cpu = process.cpuUsage(before.cpu);
  const answer = {
    posts: posts - before.posts,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    wallSeconds: (performance.now() - before.ms) / 1e3,
  };
  over = true;
  await posting;
  return answer;
});
