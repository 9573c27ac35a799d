import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import { pause, repeatedly } from '../pause.ts';
import type { Random } from '../random.ts';
import { HeldToken, type NewToken } from '../tokens.ts';
import { Attendance, judgeLook, type Look } from './attendance.ts';

export interface PresenceRunOptions {
  readonly run: LocalRun;
  readonly randomOf: (stream: string) => Random;
  readonly tokensOf: (subject: string) => NewToken;
}

/** Members of one channel who come and go, and somebody who looks who is there. */
export interface PresenceRun {
  readonly looks: number;
  /** From now on everybody stays as they are. */
  calm(): void;
  /** What was wrong in an answer while faults happened, and what differs now from who is there. Ask when everybody stays as they are. */
  judge(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const CHANNEL = 'chaos.presence';
const MEMBERS = 6;

/** Members who never leave by themselves: tasks that die end their streams. */
const STAYING = 2;

const HERE_MS = 30_000;
const AWAY_MS = 60_000;
const LOOK_EVERY_MS = 500;
const RETRY_MS = { min: 100, max: 800 };
const ANSWER_TIMEOUT_MS = 6_000;

/**
 * How long a change may take to show: the lease of a task that was killed, and on top the longest time for which faults hold up
 * what it takes to notice: a task that stands still, and calls of the database that are late or repeated.
 */
const SETTLED_MS = 25_000 + 10_000;

export function startPresence({ run, randomOf, tokensOf }: PresenceRunOptions): PresenceRun {
  const attendances = new Map<string, Attendance>();
  const stopped = new AbortController();
  const calm = new AbortController();
  const found: string[] = [];
  let looks = 0;

  async function stay(member: string, token: HeldToken, random: Random, signal: AbortSignal): Promise<void> {
    const attendance = attendances.get(member);
    while (!signal.aborted) {
      try {
        const query = new URLSearchParams({ channel: CHANNEL, present: member });
        const headers = { accept: 'text/event-stream', authorization: token.authorization };
        attendance?.note(undefined, Date.now());
        const response = await fetch(`${run.urls.http}/v1/events?${query}`, { headers, signal });
        if (response.status === 401) token.refuse();
        if (response.status !== 200) throw new Error(`the stream answered ${response.status}`);
        attendance?.note(true, Date.now());
        for await (const _ of response.body ?? []);
      } catch {
        await pause(random.between(RETRY_MS.min, RETRY_MS.max), signal);
      } finally {
        attendance?.note(false, Date.now());
      }
    }
  }

  /** A member is there, leaves for longer than a change takes to show, and comes back. */
  async function live(member: string, staysAlways: boolean): Promise<void> {
    const random = randomOf(member);
    const token = new HeldToken(tokensOf(member));
    while (!stopped.signal.aborted) {
      const leaving = new AbortController();
      const staying = stay(member, token, random, AbortSignal.any([leaving.signal, stopped.signal]));
      const untilCalm = AbortSignal.any([calm.signal, stopped.signal]);
      const leaves = !staysAlways && (await pause(random.between(HERE_MS / 2, HERE_MS * 1.5), untilCalm));
      if (!leaves) return staying;
      leaving.abort();
      await staying;
      if (!(await pause(random.between(AWAY_MS * 0.8, AWAY_MS * 1.2), untilCalm))) return;
    }
  }

  async function look(): Promise<Look> {
    const askedAtMs = Date.now();
    const headers = { authorization: `Bearer ${watcher()}` };
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(`${run.urls.http}/v1/presence?channel=${CHANNEL}`, { headers, signal });
    if (response.status !== 200) throw new Error(`asking who is present answered ${response.status}`);
    const { members } = (await response.json()) as { readonly members: readonly { readonly id: string }[] };
    looks += 1;
    return { askedAtMs, answeredAtMs: Date.now(), members: new Set(members.map(({ id }) => id)) };
  }

  const watcher = tokensOf('presence-watcher');
  const living = Array.from({ length: MEMBERS }, (_, index) => {
    const member = `presence-member.${index + 1}`;
    attendances.set(member, new Attendance());
    return live(member, index < STAYING);
  });
  const looking = repeatedly(
    () => LOOK_EVERY_MS,
    stopped.signal,
    async () => {
      // While faults happen, a question may fail.
      const seen = await look().catch(() => undefined);
      if (seen !== undefined) found.push(...judgeLook(attendances, seen, SETTLED_MS));
    },
  );

  return {
    get looks() {
      return looks;
    },
    calm: () => calm.abort(),
    async judge() {
      const now = look().then(
        (seen) => judgeLook(attendances, seen, 0),
        (error: unknown) => [`who is present cannot be read: ${error}`],
      );
      return [...found, ...(await now)];
    },
    async stop() {
      stopped.abort();
      await Promise.all([...living, looking]);
    },
  };
}
