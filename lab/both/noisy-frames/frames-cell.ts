import { setTimeout as sleep } from 'node:timers/promises';
import { atPlannedTimes } from '../../sse/noisy-neighbour/at-planned-times.ts';
import type { Resumes } from '../../sse/noisy-neighbour/victim.ts';
import type { LaneRun } from './lane-run.ts';
import { LaneSocket, publishHistory } from './lane-socket.ts';

export interface FramesCellOptions {
  readonly run: LaneRun;
  readonly hostileUsers: number;
  /** Of each of the two periods: without offenders, and beside them. */
  readonly seconds: number;
}

export interface FramesResult {
  readonly calm: Resumes;
  readonly noisy: Resumes;
  /** Frames that the offenders have sent. */
  readonly frames: number;
  /** Messages that they were sent, each of them a post. */
  readonly posts: number;
}

const PATIENCE_MS = 10_000;
const PUBLISHERS = 40;

const VICTIMS = 5;
const VICTIM_CHANNELS = 20;
const RESUMES_PER_SECOND = 5;
const MISSED = 3;
const VICTIM_HISTORY = 5;

const LONG_HISTORY = 2_000;

/** Frames that each hostile user sends at once. */
const FRAMES = { oneUser: 10, many: 2 };

/** Finding 1.4: frames of 65 bytes that ask for the replay of a long channel, on the WebSocket lane of a local run. */
export async function measureFrames({ run, hostileUsers, seconds }: FramesCellOptions): Promise<FramesResult> {
  const open = (name: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => LaneSocket.open(run, `${name}-${index}`)));
  const publishers = await open('publisher', PUBLISHERS);
  const long = await publishHistory(publishers, `noise.${hostileUsers}`, LONG_HISTORY);
  const channels = Array.from({ length: VICTIM_CHANNELS }, (_, index) => `victim.${hostileUsers}.${index}`);
  const newest = new Map<string, string>();
  for (const channel of channels) newest.set(channel, await publishHistory(publishers.slice(0, 1), channel, VICTIM_HISTORY));
  const victims = await open('victim', VICTIMS);
  const hostile = await open('hostile', hostileUsers);
  try {
    await resumeAll(victims, newest, 1);
    const calm = await resumeAll(victims, newest, seconds);
    const after = `${long.split('.')[0]}.0`;
    const each = hostileUsers === 1 ? FRAMES.oneUser : FRAMES.many;
    for (const socket of hostile) {
      for (let frame = 0; frame < each; frame++) socket.send({ action: 'subscribe', channel: `noise.${hostileUsers}`, after });
    }
    const noisy = await resumeAll(victims, newest, seconds);
    // What one user causes is over by then; with many the rest of it is of no interest.
    await untilQuiet(hostile, seconds * 1_000);
    return { calm, noisy, frames: hostileUsers * each, posts: hostile.reduce((sum, { messages }) => sum + messages, 0) };
  } finally {
    for (const socket of [...publishers, ...victims, ...hostile]) socket.close();
  }
}

async function resumeAll(victims: readonly LaneSocket[], newest: ReadonlyMap<string, string>, seconds: number): Promise<Resumes> {
  let wrong = 0;
  let unserved = 0;
  const channels = [...newest];
  const latenciesMs = await atPlannedTimes(seconds, RESUMES_PER_SECOND, async (index) => {
    const [channel, id] = channels[index % channels.length] ?? ['', ''];
    const outcome = await resumeOnce(victims[index % victims.length], channel, id);
    if (outcome === 'wrong') wrong++;
    if (outcome === 'unserved') unserved++;
    if (outcome !== 'right') throw new Error(outcome);
  });
  return { latenciesMs, wrong, unserved };
}

/** The lane may repeat what it sends, and clients put it in order: all that counts is that nothing is missing. */
async function resumeOnce(victim: LaneSocket | undefined, channel: string, id: string): Promise<'right' | 'wrong' | 'unserved'> {
  const [epoch = '', last = ''] = id.split('.');
  const from = Number(last) - MISSED;
  const missing = new Set(Array.from({ length: MISSED }, (_, index) => `${epoch}.${from + 1 + index}`));
  const resumed = victim?.first(PATIENCE_MS, (frame) => {
    if (!('channel' in frame) || frame.channel !== channel) return undefined;
    if (frame.kind === 'reset') return 'wrong';
    if (frame.kind === 'event') missing.delete(frame.id);
    return missing.size === 0 ? 'right' : undefined;
  });
  victim?.send({ action: 'subscribe', channel, after: `${epoch}.${from}` });
  const outcome = await resumed?.catch(() => 'unserved' as const);
  victim?.send({ action: 'unsubscribe', channel });
  return outcome ?? 'unserved';
}

async function untilQuiet(sockets: readonly LaneSocket[], patienceMs: number): Promise<void> {
  const total = () => sockets.reduce((sum, { messages }) => sum + messages, 0);
  const deadlineMs = performance.now() + patienceMs;
  for (let before = -1; before !== total() && performance.now() < deadlineMs; ) {
    before = total();
    await sleep(1_000);
  }
}
