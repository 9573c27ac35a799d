import type http from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClientFrame, LatestEntry, NewLatestEntry, PresenceChanges, ServerFrame, WireEvent } from '../../../protocol/index.ts';
import { isLatestChannel } from './stub-latest.ts';
import { type StubState, takeFailure, takeLoss } from './stub-state.ts';

interface Peer {
  readonly socket: WebSocket;
  readonly channels: Set<string>;
  /** Channels whose presence it follows. */
  readonly watched: Set<string>;
  /** Its subject. */
  readonly id: string;
  /** A delivery that is sent after the next one. */
  held: ServerFrame | undefined;
}

/** What API Gateway itself sends when it cannot run the handler. Its `requestId` is not one of the client's. */
interface GatewayError {
  readonly message: string;
  readonly connectionId: string;
  readonly requestId: string;
}

const REORDER_PATIENCE_MS = 20;

/** The stub’s WebSocket lane. Like API Gateway and the fan-out, it may deliver in any order, twice or not at all. */
export class StubSockets {
  readonly #state: StubState;
  readonly #peers = new Set<Peer>();
  #deliveries = 0;

  constructor(server: http.Server, state: StubState) {
    this.#state = state;
    const sockets = new WebSocketServer({
      server,
      path: '/socket',
      handleProtocols: (offered) => [...offered][0] ?? false,
      verifyClient: ({ req }, decide) => {
        const failure = takeFailure(state);
        const isLetIn = state.faults.tokens?.includes(tokenIn(req)) !== false;
        decide(failure === undefined && isLetIn, failure?.status ?? 401);
      },
    });
    sockets.on('connection', (socket, request) => this.#admit(socket, tokenIn(request) || 'nobody'));
  }

  get open(): number {
    return this.#peers.size;
  }

  get subscriptions(): number {
    return [...this.#peers].reduce((sum, { channels }) => sum + channels.size, 0);
  }

  forget(channel: string): void {
    for (const { channels } of this.#peers) channels.delete(channel);
  }

  cut(): void {
    for (const { socket } of this.#peers) socket.terminate();
  }

  closeAll(code: number, reason: string): void {
    for (const { socket } of this.#peers) socket.close(code, reason);
  }

  expireAll(): void {
    for (const { socket } of this.#peers) {
      socket.send(JSON.stringify({ kind: 'error', code: 'token_expired', message: 'the token has expired' } satisfies ServerFrame));
      socket.close(1000);
    }
  }

  fanOut(event: WireEvent): void {
    this.#fanOut({ kind: 'event', ...event });
  }

  fanOutLatest(channel: string, entry: LatestEntry): void {
    this.#fanOut({ kind: 'latest', channel, entries: [entry] });
  }

  #fanOut(frame: ServerFrame & { readonly channel: string }): void {
    const { dropEvery, double } = this.#state.faults;
    for (const peer of this.#peers) {
      if (!peer.channels.has(frame.channel)) continue;
      if (dropEvery > 0 && ++this.#deliveries % dropEvery === 0) continue;
      for (const repeated of double ? [frame, frame] : [frame]) this.#deliver(peer, repeated);
    }
  }

  tell(changes: PresenceChanges): void {
    for (const peer of this.#peers) {
      if (peer.watched.has(changes.channel) && !this.#state.faults.losePresence) this.#deliver(peer, { kind: 'presence', ...changes });
    }
  }

  #admit(socket: WebSocket, id: string): void {
    const { counts } = this.#state;
    counts.opened++;
    const peer: Peer = { socket, channels: new Set(), watched: new Set(), id, held: undefined };
    this.#peers.add(peer);
    counts.mostSockets = Math.max(counts.mostSockets, this.#peers.size);
    const timers = new Set<NodeJS.Timeout>();
    socket.on('close', () => {
      this.#peers.delete(peer);
      this.#state.presence.leaveAll(peer);
      for (const timer of timers) clearTimeout(timer);
    });
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ClientFrame;
      if (frame.action === 'subscribe') this.#state.counts.subscribes++;
      const slow: Partial<Record<ClientFrame['action'], number>> = this.#state.faults.slowFrames;
      const delayMs = slow[frame.action] ?? 0;
      const answer = () => {
        for (const answered of this.#answer(peer, frame)) this.#send(peer, answered);
        if (frame.action !== 'subscribe' || !isLatestChannel(frame.channel)) return;
        const snapshot = this.#latestSnapshot(frame);
        timers.add(setTimeout(() => snapshot.map((part) => this.#send(peer, part)), this.#state.faults.slowSnapshots));
      };
      if (delayMs > 0) timers.add(setTimeout(answer, delayMs));
      else answer();
    });
  }

  #deliver(peer: Peer, frame: ServerFrame): void {
    this.#state.counts.delivered++;
    const { held } = peer;
    if (!this.#state.faults.reorder) {
      this.#send(peer, frame);
    } else if (held !== undefined) {
      peer.held = undefined;
      this.#send(peer, frame);
      this.#send(peer, held);
    } else {
      peer.held = frame;
      setTimeout(() => {
        if (peer.held !== frame) return;
        peer.held = undefined;
        this.#send(peer, frame);
      }, REORDER_PATIENCE_MS);
    }
  }

  #send({ socket }: Peer, frame: ServerFrame | GatewayError): void {
    if (!this.#state.faults.mute) socket.send(JSON.stringify(frame));
  }

  #answer(peer: Peer, frame: ClientFrame): readonly (ServerFrame | GatewayError)[] {
    const { counts, faults, log } = this.#state;
    if (frame.action === 'publish') counts.publishedBySocket++;
    if (faults.brokenFrames > 0) {
      this.#state.faults = { ...faults, brokenFrames: faults.brokenFrames - 1 };
      return [{ message: 'Internal server error', connectionId: 'c', requestId: 'AWS' }];
    }
    const repeated = frame.requestId === undefined ? {} : { requestId: frame.requestId };
    switch (frame.action) {
      case 'ping':
        counts.pings++;
        return [
          { kind: 'pong', ...(frame.heads && !faults.noHeads && this.#positions(peer)), ...repeated },
          ...Object.entries(frame.presenceStates ?? {}).flatMap(([channel, known]) => this.#snapshot(peer, channel, known)),
        ];
      case 'unsubscribe':
        counts.unsubscribes++;
        peer.channels.delete(frame.channel);
        peer.watched.delete(frame.channel);
        return [{ kind: 'unsubscribed', channel: frame.channel, ...repeated }];
      case 'publish': {
        const { channel } = frame;
        if (!isDurable(frame)) return [{ ...this.#publishLatest(frame), ...repeated }];
        const answer: ServerFrame =
          'events' in frame
            ? { kind: 'publishedBatch', channel, events: log.publishBatch(channel, frame.events, frame.key, takeLoss(this.#state)) }
            : { kind: 'published', channel, id: log.publish(channel, frame).id };
        if (faults.loseAnswers === 0) return [{ ...answer, ...repeated }];
        this.#state.faults = { ...faults, loseAnswers: faults.loseAnswers - 1 };
        return [];
      }
      case 'history': {
        const { channel, before, last = 100 } = frame;
        if (channel === 'forbidden') return [forbidden(repeated)];
        const { events, more } = log.history(channel, before, Math.min(last, BATCH));
        return [{ kind: 'history', channel, events: events.map(({ channel: _, ...event }) => event), more, ...repeated }];
      }
      case 'subscribe':
        return this.#subscribe(peer, frame, repeated);
      case 'present':
      case 'absent':
        return this.#move(peer, frame, repeated);
    }
  }

  #positions({ channels }: Peer): Pick<ServerFrame & { readonly kind: 'pong' }, 'heads' | 'states'> {
    const { log, latest } = this.#state;
    const durable = [...channels].filter((channel) => !isLatestChannel(channel));
    const latestOnes = [...channels].filter(isLatestChannel);
    return {
      heads: Object.fromEntries(durable.map((channel) => [channel, log.head(channel)])),
      states: Object.fromEntries(latestOnes.map((channel) => [channel, latest.end(channel).state])),
    };
  }

  #publishLatest({ channel, ...content }: LatestFrame): ServerFrame {
    const answer = this.#state.latest.publish(channel, content);
    if ('error' in answer) return { kind: 'error', ...answer.error };
    return 'events' in answer ? { kind: 'publishedLatestBatch', ...answer } : { kind: 'publishedLatest', ...answer };
  }

  #latestSnapshot({ channel, state, requestId }: ClientFrame & { readonly action: 'subscribe' }): readonly ServerFrame[] {
    const { entries, end } = this.#state.latest.snapshot(channel, state);
    const repeated = requestId === undefined ? {} : { requestId };
    this.#state.counts.delivered += entries.length;
    return [
      ...entries.map((entry) => ({ kind: 'latest', channel, entries: [entry], ...repeated }) as const),
      { kind: 'snapshot', ...end, ...repeated },
    ];
  }

  #move(
    peer: Peer,
    frame: ClientFrame & { readonly action: 'present' | 'absent' },
    repeated: { readonly requestId?: string },
  ): readonly ServerFrame[] {
    const { presence, counts, faults } = this.#state;
    const { action: kind, channel } = frame;
    counts.presenceFrames++;
    if (faults.throttledPresence > 0) {
      this.#state.faults = { ...faults, throttledPresence: faults.throttledPresence - 1 };
      return [{ kind: 'error', code: 'throttled', message: 'frame limit reached', retryAfterMs: 1, ...repeated }];
    }
    if (frame.action === 'present') {
      if (frame.data === 'refused') return [{ kind: 'error', code: 'too_many_channels', message: 'it is one too many', ...repeated }];
      presence.enter(channel, peer, peer.id, frame.data ?? '');
    } else {
      presence.leave(channel, peer);
    }
    return [{ kind, channel, ...repeated }];
  }

  #snapshot({ watched }: Peer, channel: string, known = ''): readonly ServerFrame[] {
    const { presence, counts } = this.#state;
    if (!watched.has(channel) || known === presence.state(channel)) return [];
    counts.snapshots++;
    return presence.snapshot(channel).map((part) => ({ kind: 'presence', ...part }));
  }

  #subscribe(
    peer: Peer,
    { channel, after, last, batch = false, presence = false, presenceState }: ClientFrame & { readonly action: 'subscribe' },
    repeated: { readonly requestId?: string },
  ): readonly ServerFrame[] {
    const { log, counts, faults } = this.#state;
    if (channel === 'forbidden') return [forbidden(repeated)];
    peer.channels.add(channel);
    peer.watched.delete(channel);
    if (presence) peer.watched.add(channel);
    const watched = this.#snapshot(peer, channel, presenceState);
    if (isLatestChannel(channel)) return [{ kind: 'subscribed', channel, channelKind: 'latest', ...repeated }, ...watched];
    const begin = after ?? (last === undefined ? undefined : log.beforeLast(channel, last));
    const id = after === undefined && begin !== undefined ? begin : log.baseline(channel);
    const subscribed: readonly ServerFrame[] = [{ kind: 'subscribed', channel, id, ...repeated }, ...watched];
    if (begin === undefined) return subscribed;
    if (faults.limitedReplays > 0) {
      this.#state.faults = { ...faults, limitedReplays: faults.limitedReplays - 1 };
      return [
        ...subscribed,
        { kind: 'error', code: 'throttled', message: 'replay limit reached', retryAfterMs: faults.retryMs, ...repeated },
      ];
    }
    const { events, settled, reset } = log.replay(channel, begin);
    const sent = faults.replayLimit > 0 ? events.slice(0, faults.replayLimit) : events;
    counts.delivered += sent.length;
    const incomplete = { kind: 'error', code: 'replay_incomplete', message: 'there is more', id: sent.at(-1)?.id ?? begin } as const;
    return [
      ...subscribed,
      ...(reset === undefined ? [] : [{ kind: 'reset', channel, reason: reset } as const]),
      ...(batch && !faults.noBatches ? batchesOf(channel, sent) : sent.map((event) => ({ kind: 'event', ...event }) as const)),
      { ...(sent.length < events.length ? incomplete : ({ kind: 'caughtUp', channel, id: settled } as const)), ...repeated },
    ];
  }
}

function forbidden(repeated: { readonly requestId?: string }): ServerFrame {
  return { kind: 'error', code: 'forbidden', message: 'channel "forbidden" is not allowed', ...repeated };
}

const BATCH = 4;

function* batchesOf(channel: string, events: readonly WireEvent[]): Generator<ServerFrame> {
  for (let at = 0; at < events.length; at += BATCH) {
    yield { kind: 'events', channel, events: events.slice(at, at + BATCH).map(({ channel: _, ...event }) => event) };
  }
}

function tokenIn(request: http.IncomingMessage): string {
  const protocols = request.headers['sec-websocket-protocol']?.split(/, */) ?? [];
  return protocols.find((protocol) => protocol.startsWith('bearer.'))?.slice('bearer.'.length) ?? '';
}

type PublishFrame = Extract<ClientFrame, { action: 'publish' }>;

type LatestFrame = Extract<PublishFrame, { conflationKey: string } | { events: readonly NewLatestEntry[] }>;

function isDurable(frame: PublishFrame): frame is Exclude<PublishFrame, LatestFrame> {
  return ('events' in frame ? frame.events : [frame]).every((event) => !('conflationKey' in event));
}
