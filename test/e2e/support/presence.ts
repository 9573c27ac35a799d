import { createParser } from 'eventsource-parser';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import type { ClientFrame, PollResponse, PresenceChanges, PresenceMember, ServerFrame } from '../../../packages/protocol/index.ts';

/*
 * Presence without the client library, so that nothing but the lanes is tested. A transport of another lane is added to
 * `PRESENCE` by its name.
 */

export interface PresenceVisitor {
  close(): void;
}

/** What has come, as a client understands it. */
export class Followed implements PresenceVisitor {
  readonly members = new Map<string, PresenceMember>();
  /** Undefined until the first snapshot. */
  count: number | undefined;
  state: string | undefined;
  readonly #leave: () => void;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** `id connections data` of everybody, sorted. */
  get text(): readonly string[] {
    return [...this.members.values()].map(({ id, connections, data = '' }) => `${id} ${connections} ${data}`.trimEnd()).sort();
  }

  apply({ count, changes = [], snapshot, state }: PresenceChanges): void {
    if (snapshot === true) this.members.clear();
    for (const change of changes) {
      if (change.connections === 0) this.members.delete(change.id);
      else this.members.set(change.id, change);
    }
    this.count = count;
    this.state = state;
  }

  close(): void {
    this.#leave();
  }
}

export interface PresenceTransport {
  /** Resolves when the server has accepted it. Rejects with a message that has the code if it does not. */
  enter(run: LocalRun, token: string, channel: string, data: string): Promise<PresenceVisitor>;
  follow(run: LocalRun, token: string, channel: string): Promise<Followed>;
}

const sse: PresenceTransport = {
  enter: async (run, token, channel, data) => {
    const leaving = await openStream(run, token, new URLSearchParams({ channel, present: data }), () => {});
    return { close: leaving };
  },
  follow: async (run, token, channel) => {
    const followed: Followed = new Followed(() => leave());
    const leave = await openStream(run, token, new URLSearchParams({ channel, presence: 'true' }), (changes) => followed.apply(changes));
    return followed;
  },
};

const poll: PresenceTransport = {
  enter: async (run, token, channel, data) => {
    const query = new URLSearchParams({ channel, present: data, waitSeconds: '5' });
    return {
      close: await pollUntilClosed(
        run,
        token,
        () => query,
        () => {},
      ),
    };
  },
  follow: async (run, token, channel) => {
    const followed: Followed = new Followed(() => leave());
    const query = () =>
      new URLSearchParams({
        channel,
        presence: 'true',
        waitSeconds: '5',
        ...(followed.state !== undefined && { presenceState: `${channel}=${followed.state}` }),
      });
    const leave = await pollUntilClosed(run, token, query, ({ presence = [] }) => {
      for (const changes of presence) followed.apply(changes);
    });
    return followed;
  },
};

/** How often a follower over WebSocket asks whether it has lost something. */
const PING_INTERVAL_MS = 1_000;

const websocket: PresenceTransport = {
  enter: async (run, token, channel, data) => {
    const socket = await openSocket(run, token, () => {});
    await socket.ask({ action: 'present', channel, data });
    return socket;
  },
  follow: async (run, token, channel) => {
    const followed: Followed = new Followed(() => {
      clearInterval(pinging);
      socket.close();
    });
    const socket = await openSocket(run, token, (changes) => followed.apply(changes));
    const pinging = setInterval(
      () => socket.send({ action: 'ping', presenceStates: { [channel]: followed.state ?? '' } }),
      PING_INTERVAL_MS,
    );
    await socket.ask({ action: 'subscribe', channel, presence: true }).catch((error: unknown) => {
      followed.close();
      throw error;
    });
    return followed;
  },
};

/** By the name of the transport. */
export const PRESENCE: Readonly<Record<string, PresenceTransport>> = { sse, poll, websocket };

interface PresenceSocket extends PresenceVisitor {
  send(frame: ClientFrame): void;
  /** Resolves with the first answer. Rejects with the code if that is an error. */
  ask(frame: ClientFrame): Promise<void>;
}

async function openSocket({ urls }: LocalRun, token: string, onPresence: (changes: PresenceChanges) => void): Promise<PresenceSocket> {
  const socket = new WebSocket(urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  let answered: (frame: ServerFrame) => void = () => {};
  socket.onopen = () => resolve();
  socket.onerror = () => reject(new Error('the socket does not open'));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.kind === 'presence') onPresence(frame);
    else if (frame.kind !== 'pong') answered(frame);
  };
  await opened;
  const send = (frame: ClientFrame) => socket.send(JSON.stringify(frame));
  return {
    send,
    ask: async (frame) => {
      const answer = await new Promise<ServerFrame>((settle) => {
        answered = settle;
        send(frame);
      });
      if (answer.kind === 'error') throw new Error(answer.code);
    },
    close: () => socket.close(),
  };
}

async function openStream(
  { urls }: LocalRun,
  token: string,
  query: URLSearchParams,
  onPresence: (changes: PresenceChanges) => void,
): Promise<() => void> {
  const leaving = new AbortController();
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
  const response = await fetch(`${urls.http}/v1/events?${query}`, { headers, signal: leaving.signal });
  if (response.status !== 200) throw new Error(await response.text());
  const parser = createParser({ onEvent: ({ event, data }) => event === 'presence' && onPresence(JSON.parse(data)) });
  void read(response, (text) => parser.feed(text));
  return () => leaving.abort();
}

async function read({ body }: Response, onText: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body ?? []) onText(decoder.decode(bytes, { stream: true }));
  } catch {
    // The test has left, or the task was killed.
  }
}

async function pollUntilClosed(
  { urls }: LocalRun,
  token: string,
  query: () => URLSearchParams,
  onPage: (page: PollResponse) => void,
): Promise<() => void> {
  const leaving = new AbortController();
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
  const ask = async (waitSeconds?: string) => {
    const parameters = query();
    if (waitSeconds !== undefined) parameters.set('waitSeconds', waitSeconds);
    const response = await fetch(`${urls.http}/v1/events?${parameters}`, { headers, signal: leaving.signal });
    if (response.status !== 200) throw new Error(await response.text());
    onPage((await response.json()) as PollResponse);
  };
  const askOn = async () => {
    while (!leaving.signal.aborted) await ask().catch(() => {});
  };
  await ask('0');
  void askOn();
  return () => leaving.abort();
}
