/** Delivers events to many connections, in a process of its own, and tells what each cost. */
import { type FanOutResult, fanOut } from './invocations.ts';
import { createPoster, type PosterName } from './posters.ts';
import { answerQuestions } from './program.ts';

export interface FanOutQuestion {
  readonly poster: PosterName;
  readonly endpoint: string;
  readonly connectionIds: readonly string[];
  readonly postConcurrency: number;
  readonly invocations: number;
  readonly batchSize: number;
  readonly seq: number;
}

export interface FanOutReply extends FanOutResult {
  /** When the notification came, in milliseconds since 1970: other processes tell when the frames arrived. */
  readonly startedAtMs: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

answerQuestions(async ({ seq, poster: name, endpoint, ...setting }: FanOutQuestion): Promise<FanOutReply> => {
  const event = { channel: 'bench', epoch: 'bench', seq, type: 'message', data: 'x'.repeat(160), publishedAtMs: Date.now() };
  const poster = posterFor(name, endpoint, setting.postConcurrency);
  const startedAtMs = Date.now();
  const cpuBefore = process.cpuUsage();
  const beforeMs = performance.now();
  const result = await fanOut(event, { ...setting, poster });
  const cpu = process.cpuUsage(cpuBefore);
  return { ...result, startedAtMs, wallSeconds: (performance.now() - beforeMs) / 1e3, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
});

/** Kept between events, as a warm function keeps its sockets. */
const posters = new Map<string, ReturnType<typeof createPoster>>();

function posterFor(name: PosterName, endpoint: string, connections: number): ReturnType<typeof createPoster> {
  const key = `${name} ${endpoint} ${connections}`;
  const poster = posters.get(key) ?? createPoster(name, endpoint, connections);
  posters.set(key, poster);
  return poster;
}
