/**
 * P1 to P3 for the hub, under whatever the topic, the publishers and the clients may do: a stream, however often it
 * is cut, gets every event after its cursor once and in order, or is told by a reset.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import type { EventBus, EventLog } from '../../../../backbone/ports.ts';
import { PublishContendedError, publish } from '../../../../backbone/services/publisher.ts';
import type { Stream } from '../../../../fargate/sse/hub/stream.ts';
import { type ChannelPosition, ORIGIN, parseCursor, parsePosition, withinEpoch } from '../../../../packages/protocol/cursor.ts';
import { textOfChunks } from '../support/chunks.ts';
import type { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld } from '../support/hub-world.ts';
import { idle } from '../support/until.ts';

const CHANNELS = ['a', 'b'] as const;
const HEAD_CHECK_MS = 30_000;

/** One client through all its connections. It hears whole frames, and comes back with the last id that it heard. */
class Client {
  readonly channels: readonly string[];
  readonly #world: HubWorld;
  #connection: { readonly stream: Stream; readonly sink: FakeSink } | undefined;
  #lastEventId: string | undefined;
  /** Everything heard: ids, with what came with them. */
  readonly heard: { readonly id: string; readonly type: 'id' | 'event' | 'reset'; readonly data: string }[] = [];
  #readWrites = 0;
  /** Of a frame that has not ended yet. */
  #rest = '';

  constructor(world: HubWorld, channels: readonly string[], lastEventId: string | undefined) {
    this.#world = world;
    this.channels = channels;
    this.#lastEventId = lastEventId;
    // The stream of a client that says where it stands does not repeat it.
    if (lastEventId !== undefined) this.heard.push({ id: lastEventId, type: 'id', data: '' });
  }

  connect(): void {
    if (this.#connection !== undefined && this.#connection.sink.closedFor === undefined) return;
    this.#listen();
    this.#readWrites = 0;
    this.#rest = '';
    const connection = this.#world.attach(this.channels, this.#lastEventId);
    // A stream that fails to open is one that the client opens again.
    connection.stream.opened.catch(() => {});
    this.#connection = connection;
  }

  cut(): void {
    this.#listen();
    this.#connection?.stream.detach();
    this.#connection = undefined;
  }

  block(): void {
    this.#connection?.sink.block();
  }

  unblock(): void {
    if (this.#connection?.sink.closedFor === undefined) this.#connection?.sink.unblock(this.#connection.stream);
  }

  /** Hears what was written since it listened last. */
  #listen(): void {
    const writes = this.#connection?.sink.writes ?? [];
    const frames = (this.#rest + textOfChunks(Buffer.concat(writes.slice(this.#readWrites)))).split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) this.#hear(frame);
    this.#readWrites = writes.length;
  }

  #hear(frame: string): void {
    const [, id] = [...frame.matchAll(/^id: (.*)$/gm)].at(-1) ?? [];
    if (id === undefined) return;
    this.#lastEventId = id;
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    const type = data === undefined ? 'id' : /^event: reset$/m.test(frame) ? 'reset' : 'event';
    this.heard.push({ id, type, data: data ?? '' });
  }

  finish(): void {
    this.#listen();
  }
}

/** What publishers, topic and clients do, one after the other. */
type Step =
  | { readonly do: 'publish'; readonly channel: number; readonly notify: 'once' | 'twice' | 'never' | 'later' }
  | { readonly do: 'beginPublish' | 'die' | 'burst'; readonly channel: number }
  | { readonly do: 'finishPublish' | 'notifyLater' | 'connect' | 'cut' | 'block' | 'unblock'; readonly which: number }
  | { readonly do: 'join'; readonly channels: number; readonly cursor: 'none' | 'start' | 'old' | 'wrong' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'wipe' | 'settle' };

const which = fc.nat({ max: 50 });
const channel = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('publish' as const), channel, notify: fc.constantFrom('once', 'twice', 'never', 'later') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('beginPublish' as const, 'die' as const, 'burst' as const), channel }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('finishPublish', 'notifyLater', 'connect', 'cut', 'block', 'unblock'), which }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      channels: fc.nat({ max: 2 }),
      cursor: fc.constantFrom('none', 'start', 'old', 'wrong'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: GRACE_MS }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const) }) },
);

class Run {
  readonly world = new HubWorld({ headCheckIntervalMs: HEAD_CHECK_MS, maxUnsentBytes: 2_000 });
  readonly clients: Client[] = [];
  readonly #later: ChannelEvent[] = [];
  /** Publishers that have their seq and stand still. */
  readonly #gates: (() => void)[] = [];
  readonly #publishing: Promise<unknown>[] = [];
  /** Acknowledged events in the order of their seqs, per channel and epoch. */
  readonly acknowledged = new Map<string, ChannelEvent[]>();
  #published = 0;

  async step(step: Step): Promise<void> {
    const { world } = this;
    switch (step.do) {
      case 'publish':
        await this.#publish(step.channel, (event) => this.#notify(event, step.notify));
        return;
      case 'burst':
        for (let count = 0; count < 30; count++) await this.#publish(step.channel, (event) => this.#notify(event, 'once'));
        return;
      case 'beginPublish':
        this.#publishing.push(this.#publish(step.channel, (event) => this.#notify(event, 'once'), this.#gatedLog()));
        return;
      case 'die':
        await world.log.allocate(CHANNELS[step.channel] ?? 'a');
        return;
      case 'finishPublish':
        this.#gates.shift()?.();
        return;
      case 'notifyLater': {
        const [event] = this.#later.splice(step.which % Math.max(1, this.#later.length), 1);
        if (event !== undefined) world.hub.offer(event);
        return;
      }
      case 'join':
        await this.#join(step.channels, step.cursor);
        return;
      case 'connect':
      case 'cut':
      case 'block':
      case 'unblock':
        this.clients[step.which % Math.max(1, this.clients.length)]?.[step.do]();
        return;
      case 'wait':
        await world.clock.advance(step.ms);
        return;
      case 'wipe':
        world.log.wipe();
        return;
      case 'settle':
        await idle();
    }
  }

  async #publish(channel: number, notify: (event: ChannelEvent) => void, log: EventLog = this.world.log): Promise<void> {
    const { clock } = this.world;
    const bus: EventBus = { notify: async (events) => events.forEach(notify) };
    const data = `event ${++this.#published}`;
    const name = CHANNELS[channel] ?? 'a';
    const publication = { channel: name, type: 'message', data };
    const event = await publish(publication, 'tests', { log, bus, clock, publishTimeoutMs: GRACE_MS / 2 }).catch(notAcknowledged);
    if (event === undefined) return;
    const key = `${event.channel} ${event.epoch}`;
    const events = [...(this.acknowledged.get(key) ?? []), event].sort((a, b) => a.seq - b.seq);
    this.acknowledged.set(key, events);
  }

  /** A log on which a publisher stands still between getting its seq and writing its event. */
  #gatedLog(): EventLog {
    const { log } = this.world;
    const gates = this.#gates;
    return new Proxy<EventLog>(log, {
      get(target, property: keyof EventLog) {
        if (property !== 'allocate') return target[property].bind(target);
        return async (channel: string) => {
          const position = await target.allocate(channel);
          await new Promise<void>((resolve) => gates.push(resolve));
          return position;
        };
      },
    });
  }

  #notify(event: ChannelEvent, how: 'once' | 'twice' | 'never' | 'later'): void {
    if (how === 'later') this.#later.push(event);
    if (how === 'once' || how === 'twice') this.world.hub.offer(event);
    if (how === 'twice') this.#later.push(event);
  }

  async #join(channels: number, cursor: 'none' | 'start' | 'old' | 'wrong'): Promise<void> {
    const names = channels === 2 ? [...CHANNELS] : [CHANNELS[channels] ?? 'a'];
    const client = new Client(this.world, names, await this.#cursor(names, cursor));
    this.clients.push(client);
    client.connect();
  }

  async #cursor(channels: readonly string[], kind: 'none' | 'start' | 'old' | 'wrong'): Promise<string | undefined> {
    if (kind === 'none') return undefined;
    const parts: string[] = [];
    for (const channel of channels) {
      const { epoch, seq } = (await this.world.log.head(channel)) ?? ORIGIN;
      const position = kind === 'start' ? `${epoch}.0` : kind === 'old' ? `${epoch}.${Math.floor(seq / 2)}` : `nope.${seq}`;
      parts.push(channels.length === 1 ? position : `${channel}=${position}`);
    }
    return parts.join(',');
  }

  /** Lets everything come to rest: publishers finish, clients come back and read, heads are compared, gaps are tombstoned. */
  async finish(): Promise<void> {
    let open = true;
    const published = Promise.all(this.#publishing).finally(() => {
      open = false;
    });
    while (open) {
      for (const pass of this.#gates.splice(0)) pass();
      await idle();
    }
    await published;
    for (let round = 0; round < 4; round++) {
      for (const client of this.clients) client.unblock();
      await idle();
      for (const client of this.clients) client.connect();
      await idle();
      await this.world.clock.advance(HEAD_CHECK_MS);
      await idle();
    }
    for (const client of this.clients) client.finish();
  }
}

/** A publisher that stands still again and again finds its seqs tombstoned, and gives up. Nothing is promised to it. */
function notAcknowledged(error: unknown): undefined {
  if (!(error instanceof PublishContendedError)) throw error;
}

/** Follows one channel through what a client heard, and says where that ends. Throws where the promise is broken. */
function follow(run: Run, client: Client, channel: string): ChannelPosition | undefined {
  let position: ChannelPosition | undefined;
  for (const { id, type, data } of client.heard) {
    const at = client.channels.length === 1 ? parsePosition(id) : parseCursor(id, client.channels).get(channel);
    if (at === undefined) throw new Error(`id ${id} has no position for ${channel}`);
    const isReset = type === 'reset' && JSON.parse(data).channel === channel;
    if (position === undefined || isReset) {
      position = at;
      continue;
    }
    if (type === 'event' && (at.epoch !== position.epoch || at.seq !== position.seq)) {
      const before = withinEpoch(position, at.epoch);
      const events = run.acknowledged.get(`${channel} ${before.epoch}`) ?? [];
      const next = events.find(({ seq }) => seq > before.seq);
      expect({ client: client.channels, ...at, data }).toEqual({
        client: client.channels,
        epoch: before.epoch,
        seq: next?.seq,
        data: next?.data,
      });
      position = at;
    }
    expect({ id, ...at }).toEqual({ id, ...position });
  }
  return position;
}

test('every stream gets every event after its cursor once and in order, or a reset', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
      const run = new Run();
      run.world.hub.start();
      try {
        for (const each of steps) await run.step(each);
        await run.finish();
        for (const client of run.clients) {
          for (const channel of client.channels) {
            const position = follow(run, client, channel);
            const head = (await run.world.log.heads([channel])).get(channel);
            // The log was wiped, and nothing was published since.
            if (head === undefined) continue;
            const last = run.acknowledged.get(`${channel} ${head.epoch}`)?.at(-1);
            const reached = withinEpoch(position ?? { epoch: 'nowhere', seq: 0 }, head.epoch);
            expect(reached.epoch).toBe(head.epoch);
            // Nothing acknowledged lies behind the place where the client stands.
            expect(reached.seq).toBeGreaterThanOrEqual(last?.seq ?? 0);
          }
        }
      } finally {
        run.world.hub.close();
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
