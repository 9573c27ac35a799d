import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { eventEntry, type LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { Claim, ClaimKey, EventLog, Head } from '../../../backbone/ports.ts';
import { LogReader } from '../../../backbone/services/log-reader.ts';
import { Feed } from '../../../fargate/sse/hub/feed.ts';
import type { ConnectionStore } from '../../../lambda/websocket/ports.ts';
import { type ChannelPosition, formatPosition, isOrigin } from '../../../packages/protocol/cursor.ts';
import type { ClientFrame, ServerFrame } from '../../../packages/protocol/index.ts';
import { PROTOCOL, type Wiring } from './wiring.ts';

/**
 * The protocol, broken in one place on purpose. Production code has no switch for it: a mutation stands between two parts. The
 * model has to notice each, or it proves nothing about the rule that the mutation breaks.
 */
export interface Mutation {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly wiring: Partial<Wiring>;
  /** For what no part of the wiring reaches. @returns takes it back */
  readonly install?: () => () => void;
}

export function mutate({ wiring }: Mutation): Wiring {
  return { ...PROTOCOL, ...wiring };
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'skip-conditional-put',
    breaks: 'a seq is written once: an event never replaces what consumers have seen there',
    wiring: { table: overwriting },
  },
  {
    name: 'forget-the-publication',
    breaks: 'a publisher knows its own event again',
    wiring: { table: forgetful },
  },
  {
    name: 'drop-tombstone',
    breaks: 'a gap is passed only once a tombstone holds its seq',
    wiring: { consumerLog: (log) => replacing(log, { tombstone: async (_, { seq }, atMs) => ({ kind: 'tombstone', seq, atMs }) }) },
  },
  {
    name: 'tombstone-outlives-neighbours',
    breaks: 'a tombstone proves about expiry what its neighbours would',
    wiring: {
      consumerLog: (log) => replacing(log, { tombstone: (channel, position, atMs) => log.tombstone(channel, position, atMs + 60_000) }),
    },
  },
  {
    name: 'resume-without-proof',
    breaks: 'what has expired is told by a reset, and not taken for a gap',
    wiring: { consumerLog: (log) => withHeads(log, (head) => ({ ...head, createdAtMs: Number.MAX_SAFE_INTEGER / 2 })) },
  },
  {
    name: 'baseline-at-head',
    breaks: 'a baseline lies below every seq that is assigned but not written',
    wiring: { consumerLog: (log) => withHeads(log, (head) => ({ ...head, allocatedAtMs: 0 })) },
  },
  {
    name: 'no-publish-timeout',
    breaks: 'a publisher gives its seq up before consumers count it as settled',
    wiring: { publishTimeoutMs: Number.POSITIVE_INFINITY },
  },
  {
    name: 'grace-below-the-publish-timeout',
    breaks: 'consumers wait for longer than a publisher may take',
    wiring: { graceMs: 500 },
  },
  {
    name: 'notify-before-log',
    breaks: 'what is notified is in the log',
    wiring: {
      publisherLog: (log, bus) =>
        replacing(log, {
          append: async (event, publicationId) => {
            await bus.notify([event]);
            return log.append(event, publicationId);
          },
        }),
    },
  },
  {
    name: 'trust-notifications-only',
    breaks: 'heads are compared, for a notification may be lost and none follow it',
    wiring: { headCheckIntervalMs: 1_000_000_000 },
  },
  {
    name: 'ignore-epoch',
    breaks: 'a log that begins anew is noticed',
    wiring: { consumerLog: pinEpochs },
  },
  {
    name: 'claim-after-write',
    breaks: 'an idempotency key is tied to its seq before the event is written',
    wiring: { publisherLog: (log) => claimingLate(log) },
  },
  {
    name: 'allocate-one-for-a-batch',
    breaks: 'a batch takes a seq for each of its events before it writes one',
    wiring: { publisherLog: (log) => replacing(log, { allocate: (channel) => log.allocate(channel) }) },
  },
  {
    name: 'forget-where-a-batch-has-moved',
    breaks: 'a batch that is repeated writes only those events anew whose seqs were lost',
    wiring: {
      publisherLog: (log) => replacing(log, { setClaim: (key, { moved: _, ...claim }, replaces) => log.setClaim(key, claim, replaces) }),
    },
  },
  {
    name: 'notify-the-first-of-a-batch',
    breaks: 'every event of a batch is notified',
    wiring: { publisherBus: (bus) => ({ notify: (events) => bus.notify(events.slice(0, 1)) }) },
  },
  {
    name: 'share-keys',
    breaks: 'an idempotency key belongs to its principal',
    wiring: { publisherLog: (log) => sharingKeys(log) },
  },
  {
    name: 'skip-the-first-epoch',
    breaks: 'what stands before the first epoch has all of it before it',
    wiring: {},
    install: resumeBehindTheFirstEpoch,
  },
  {
    name: 'attach-live-after-replay',
    breaks: 'a stream goes on live where its replay ended',
    wiring: {},
    install: joinAtTheEnd,
  },
  {
    name: 'subscribe-after-replay',
    breaks: 'a WebSocket subscription is written before its replay is read',
    wiring: { subscriptions: subscribingLate },
  },
  {
    name: 'settle-past-an-open-gap',
    breaks: 'a client is told that it is caught up to the first open gap, and not further',
    wiring: {
      replayReader: (reader) => ({
        baseline: (channel) => reader.baseline(channel),
        checkResume: (channel, cursor) => reader.checkResume(channel, cursor),
        async *replay(channel, after) {
          for await (const page of reader.replay(channel, after)) yield { ...page, settled: page.entries.at(-1)?.seq ?? page.settled };
        },
      }),
    },
  },
];

/** The log with some methods replaced; the others stay bound to it. */
function replacing(log: EventLog, methods: Partial<EventLog>): EventLog {
  return new Proxy(log, {
    get(target, property) {
      const replaced: unknown = Reflect.get(methods, property);
      if (replaced !== undefined) return replaced;
      const member: unknown = Reflect.get(target, property);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function withHeads(log: EventLog, change: (head: Head, channel: string) => Head): EventLog {
  return replacing(log, {
    head: async (channel) => {
      const head = await log.head(channel);
      return head && change(head, channel);
    },
    heads: async (channels) =>
      new Map([...(await log.heads(channels))].map(([channel, head]) => [channel, change(head, channel)] as const)),
  });
}

/** Every append succeeds, and its event takes the place of what was there. */
function overwriting(log: EventLog): EventLog {
  const replaced = new Map<string, LogEntry>();
  const idOf = (channel: string, position: ChannelPosition) => `${channel}#${formatPosition(position)}`;
  const present = (channel: string, epoch: string, entry: LogEntry) => replaced.get(idOf(channel, { epoch, seq: entry.seq })) ?? entry;
  return replacing(log, {
    append: async (event, publicationId) => {
      const outcome = await log.append(event, publicationId);
      if (outcome.kind === 'taken') replaced.set(idOf(event.channel, event), eventEntry(event));
      return { kind: 'stored', event };
    },
    read: async (channel, epoch, ...range) => {
      const page = await log.read(channel, epoch, ...range);
      return { ...page, entries: page.entries.map((entry) => present(channel, epoch, entry)) };
    },
    readBack: async (channel, epoch, ...range) => {
      const page = await log.readBack(channel, epoch, ...range);
      return { ...page, entries: page.entries.map((entry) => present(channel, epoch, entry)) };
    },
    tombstone: async (channel, position, atMs) => present(channel, position.epoch, await log.tombstone(channel, position, atMs)),
  });
}

/** No two appends are of the same publication. */
function forgetful(log: EventLog): EventLog {
  let appends = 0;
  return replacing(log, { append: (event) => log.append(event, String(++appends)) });
}

/** Shows every channel in the epoch in which it was seen first. */
function pinEpochs(log: EventLog): EventLog {
  const epochs = new Map<string, string>();
  return withHeads(log, (head, channel) => {
    const epoch = epochs.get(channel) ?? head.epoch;
    epochs.set(channel, epoch);
    return { ...head, epoch };
  });
}

/** One call's log that ties the key once the event is there. */
function claimingLate(log: EventLog): EventLog {
  let tie: ((event: ChannelEvent) => Promise<Claim>) | undefined;
  return replacing(log, {
    setClaim: async (key, claim, replaces) => {
      tie = () => log.setClaim(key, claim, replaces);
      return { ...claim, notified: false };
    },
    append: async (event, publicationId) => {
      const outcome = await log.append(event, publicationId);
      if (outcome.kind === 'stored') await tie?.(outcome.event);
      return outcome;
    },
  });
}

/** Keeps the keys of all principals in one place. */
function sharingKeys(log: EventLog): EventLog {
  const shared = (key: ClaimKey): ClaimKey => ({ ...key, scope: 'everybody' });
  return replacing(log, {
    claim: (key) => log.claim(shared(key)),
    setClaim: (key, claim, replaces) => log.setClaim(shared(key), claim, replaces),
    markNotified: (key, position) => log.markNotified(shared(key), position),
  });
}

/** Takes a client from before the first epoch for a new one. */
function resumeBehindTheFirstEpoch(): () => void {
  const { checkResume } = LogReader.prototype;
  LogReader.prototype.checkResume = async function (channel, cursor) {
    const resumption = await checkResume.call(this, channel, cursor);
    return resumption.kind === 'resumable' && isOrigin(cursor) ? { ...resumption, from: await this.baseline(channel) } : resumption;
  };
  return () => {
    LogReader.prototype.checkResume = checkResume;
  };
}

/** Writes the row of a subscription once the last frame that answers it was sent. */
function subscribingLate(store: ConnectionStore, request: ClientFrame): ReturnType<Wiring['subscriptions']> {
  const last = request.action === 'subscribe' && request.after === undefined ? 'subscribed' : 'caughtUp';
  let write: (() => Promise<unknown>) | undefined;
  return {
    open: (connection) => store.open(connection),
    find: (connectionId) => store.find(connectionId),
    close: (connectionId) => store.close(connectionId),
    unsubscribe: (connectionId, channel) => store.unsubscribe(connectionId, channel),
    enter: (...entering) => store.enter(...entering),
    renew: (...renewing) => store.renew(...renewing),
    leave: (...leaving) => store.leave(...leaving),
    subscribers: (...page) => store.subscribers(...page),
    forget: (channel, subscriber) => store.forget(channel, subscriber),
    subscribe: async (connectionId, channel, batch) => {
      write = async () => {
        // A slow write, so that more may happen before it.
        for (let slow = 0; slow < 20; slow++) await store.subscribers(channel, 1);
        await store.subscribe(connectionId, channel, batch);
      };
      return 'subscribed';
    },
    onFrame: async (frame) => {
      if ((JSON.parse(frame) as ServerFrame).kind === last) await write?.();
    },
  };
}

/** Whoever finds a place in the ring is put at its end, where it is live. */
function joinAtTheEnd(): () => void {
  const { locate } = Feed.prototype;
  Feed.prototype.locate = function (position) {
    return locate.call(this, position) === undefined ? undefined : this.ring.end;
  };
  return () => {
    Feed.prototype.locate = locate;
  };
}
