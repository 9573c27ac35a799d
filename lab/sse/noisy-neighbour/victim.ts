import { get } from 'node:http';
import { parsePosition } from '../../../packages/protocol/cursor.ts';
import type { TaskProcess } from '../task/task-process.ts';
import { atPlannedTimes } from './at-planned-times.ts';
import type { Service } from './publishing.ts';
import { startReader } from './reader.ts';

/** How often the victim resumes: a p99 needs some hundred of them. */
export const RESUMES_PER_SECOND = 25;

/** As a load balancer asks, but more often: it would see one pause in a hundred. */
const PROBES_PER_SECOND = 20;

/** A victim waits no longer; the load balancer gives a health check up after 5 s. */
export const PATIENCE_MS = 10_000;

/** What a resume lacks. */
const MISSED = 3;
const HISTORY = 8;

/** Milliseconds from each `/readyz` request's planned time to its answer, sorted; infinite for those that got none or another than 200. */
export function probe(base: string, seconds: number): Promise<readonly number[]> {
  return atPlannedTimes(
    seconds,
    PROBES_PER_SECOND,
    () =>
      new Promise<void>((resolve, reject) => {
        const request = get(`${base}/readyz`, { agent: false, timeout: PATIENCE_MS }, (response) => {
          response.resume();
          if (response.statusCode === 200) response.on('end', resolve);
          else reject(new Error(`/readyz answers ${response.statusCode}`));
        });
        request.on('error', reject);
        request.on('timeout', () => request.destroy(new Error('/readyz does not answer')));
      }),
  );
}

export interface Resumes {
  /** From the planned time of each to its third event, in milliseconds, sorted; infinite for those that did not get there. */
  readonly latenciesMs: readonly number[];
  /** Those that got something else than the three events that they lacked. */
  readonly wrong: number;
  /** Those that were refused, or were not through in time. They have lost nothing: they come again. */
  readonly unserved: number;
}

/**
 * Normal clients that come back, one after the other, each to a channel that the task does not follow yet: connect with the
 * cursor three events back, take those, and leave.
 */
export class Victim {
  readonly #users: readonly Service[];
  #cursors: readonly (readonly [channel: string, newest: string])[] = [];
  #next = 0;

  constructor(users: readonly Service[]) {
    this.#users = users;
  }

  /** Makes the channels, before anything is measured. */
  async prepare(task: TaskProcess, seconds: number): Promise<void> {
    const channels = Array.from({ length: Math.ceil(seconds * RESUMES_PER_SECOND) }, (_, index) => `victim.${index}`);
    this.#cursors = Object.entries(await task.call('fill', { channels, events: HISTORY, text: 'x', times: 100 }));
  }

  async resume(seconds: number): Promise<Resumes> {
    let wrong = 0;
    let unserved = 0;
    const latenciesMs = await atPlannedTimes(seconds, RESUMES_PER_SECOND, async () => {
      const outcome = await this.#resumeOnce();
      if (outcome === 'wrong') wrong++;
      if (outcome === 'unserved') unserved++;
      if (outcome !== 'right') throw new Error(outcome);
    });
    return { latenciesMs, wrong, unserved };
  }

  #resumeOnce(): Promise<'right' | 'wrong' | 'unserved'> {
    const index = this.#next++;
    const [channel, newest] = this.#cursors[index] ?? ['', ''];
    const service = this.#users[index % this.#users.length];
    if (service === undefined) throw new Error('there are more resumes than were prepared for');
    const { epoch, seq } = parsePosition(newest);
    const from = seq - MISSED;
    return new Promise((resolve) => {
      const end = (outcome: 'right' | 'wrong' | 'unserved') => {
        clearTimeout(patience);
        reader.close();
        resolve(outcome);
      };
      const patience = setTimeout(() => end('unserved'), PATIENCE_MS);
      let seen = from;
      const reader = startReader({
        service,
        channels: [channel],
        lastEventId: `${epoch}.${from}`,
        onEvent: (id, data) => {
          seen++;
          if (id !== `${epoch}.${seen}` || !data.startsWith(`${seen} `)) end('wrong');
          else if (seen === seq) end('right');
        },
        onReset: () => end('wrong'),
      });
      reader.opened.catch(() => end('unserved'));
    });
  }
}
