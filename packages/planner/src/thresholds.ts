/**
 * What each use case asks of a transport, and the rules that turn numbers into the verdicts of docs/which.md.
 *
 * Committed before the first full `npm run compare`, so that no threshold was chosen to fit a result. Each has its
 * reason beside it. If you disagree with one, change it here and run `npm run which`: the matrix follows.
 */

import type { PresetId } from './workload.ts';

export type UseCaseId = Exclude<PresetId, 'idle-dev'>;

/** The transports of the matrix, simplest first. */
export const TRANSPORTS = ['poll', 'long-poll', 'sse', 'websocket'] as const;

export type Transport = (typeof TRANSPORTS)[number];

export const TRANSPORT_NAMES: Readonly<Record<Transport, string>> = {
  poll: 'Poll',
  'long-poll': 'Long poll',
  sse: 'SSE',
  websocket: 'WebSocket lane',
};

/** Why that order: what a client and an operator must handle, each with what the one before it needs. */
export const WHY_SIMPLER: Readonly<Record<Transport, string>> = {
  poll: 'any HTTP client; no request stays open; the next poll is the retry',
  'long-poll': 'the same, and requests stay open for up to half a minute, which timeouts on the way must allow',
  sse: 'a response that never ends: proxies must not buffer it; browsers reconnect and resume by themselves',
  websocket: 'a protocol of its own after the upgrade: frames, close codes, pings; reconnecting and resuming is code of the client',
};

/** What a reader may miss: `nothing`; or values that a newer one replaces, as long as the last one arrives. */
export type MayBeLost = 'nothing' | 'superseded values';

export interface UseCase {
  /** Who publishes. */
  readonly sender: 'backend' | 'clients';
  /** Messages that one client sends, in words; the planner's preset has the number. */
  readonly clientSends: string;
  /** The latency ceiling, ms: p99 from publication until the event is in the application of the reader. */
  readonly ceilingMs: number;
  readonly why: string;
  readonly mayBeLost: MayBeLost;
  /** Whether the data is binary by nature. */
  readonly binary: boolean;
}

/*
 * The ceilings follow two sources. Jakob Nielsen, "Response Times: The 3 Important Limits" (nngroup.com, 1993): below
 * 0.1 s feels immediate, 1 s keeps the flow of thought, 10 s keeps attention. Claypool and Claypool, "Latency and Player
 * Actions in Online Games" (Communications of the ACM, November 2006): players get worse above 0.1 s in first-person
 * games, 0.5 s with an avatar seen from outside, 1 s in strategy games.
 */
export const USE_CASES: Readonly<Record<UseCaseId, UseCase>> = {
  'live-feed': {
    sender: 'backend',
    clientSends: 'nothing',
    ceilingMs: 5_000,
    why: 'Scores and headlines compete with other screens, not with a click of the reader: nobody waits for a certain post. Half of the 10 s after which attention wanders.',
    mayBeLost: 'nothing',
    binary: false,
  },
  chat: {
    sender: 'clients',
    clientSends: 'a message now and then, and mostly nothing',
    ceilingMs: 1_000,
    why: 'An answer later than a second breaks the flow of a conversation, and people write past each other.',
    mayBeLost: 'nothing',
    binary: false,
  },
  'collaborative-editing': {
    sender: 'clients',
    clientSends: 'a change or two a second while typing',
    ceilingMs: 500,
    why: 'Own edits show at once, so this is about seeing where others are before typing there: between 0.1 s (together in one document) and 1 s (turn-taking).',
    mayBeLost: 'nothing',
    // Documents of Yjs and Automerge change by byte arrays.
    binary: true,
  },
  dashboard: {
    sender: 'backend',
    clientSends: 'nothing',
    ceilingMs: 5_000,
    why: 'Somebody who has just changed something watches for the effect, and does something else after 10 s: half of that.',
    mayBeLost: 'superseded values',
    binary: false,
  },
  'multiplayer-game': {
    sender: 'clients',
    clientSends: 'ten inputs a second',
    ceilingMs: 100,
    why: 'The limit for games in the first person. With 500 ms (an avatar seen from outside) or 1,000 ms (strategy, cards) other cells of this row may fit: compare the p99 beside them.',
    mayBeLost: 'superseded values',
    binary: true,
  },
  'ai-streaming': {
    sender: 'backend',
    clientSends: 'a prompt now and then',
    ceilingMs: 1_000,
    why: 'People read four or five words a second and a model writes faster, so up to a second of delay is read from what is already there.',
    mayBeLost: 'nothing',
    binary: false,
  },
  notifications: {
    sender: 'backend',
    clientSends: 'nothing, or a read mark',
    ceilingMs: 10_000,
    why: 'Nobody waits for one. The strictest case: a colleague says "I have just assigned it to you", and the reader looks.',
    mayBeLost: 'nothing',
    binary: false,
  },
  'stock-prices': {
    sender: 'backend',
    clientSends: 'nothing, or a change of the watch list',
    ceilingMs: 1_000,
    why: 'Prices for people to look at. Whoever trades by machine uses a direct feed, and none of these transports.',
    mayBeLost: 'superseded values',
    binary: false,
  },
};

/**
 * How often `poll` asks, s: twice within the ceiling, so that one lost request does not break it, and at most once a second,
 * above which a request that waits (`long-poll`) costs no more.
 */
export const pollIntervalSeconds = (useCase: UseCaseId): number => Math.max(1, Math.floor(USE_CASES[useCase].ceilingMs / 2_000));

/**
 * Above this, a transport counts as not suitable although it meets every need: it costs more than `times` what the
 * cheapest suitable one costs, and at least `usdPerMonth` more. Five times is more than new prices or another shape of
 * traffic even out; 500 USD a month pays within a year for the engineer-week that a change of transport takes.
 */
export const TOO_EXPENSIVE = { times: 5, usdPerMonth: 500 } as const;

/**
 * Costs this close are the same: list prices and an assumed workload do not tell them apart, and 25 USD a month is less
 * than an hour of work a quarter. A transport is overkill if a simpler one meets the same needs and costs less or the same.
 */
const SAME_COST = { times: 1.1, usdPerMonth: 25 } as const;

/** Whether one costs less than another, or about the same. Both in USD a month. */
export const costsNoMore = (one: number, other: number): boolean => one <= Math.max(SAME_COST.times * other, other + SAME_COST.usdPerMonth);

/**
 * A client whose connection was cut must have what it missed within this time, ms. Cuts are rare: a network change, a
 * deploy. The server may spread reconnects over 15 s so that they do not come all at once (`sse.retryMaxMs`); twice that
 * is a client that has not recovered.
 */
export const CAUGHT_UP_WITHIN_MS = 30_000;

/**
 * The verdicts, in the order in which they are tried. The latency of a cell is the p99 measured here, through a link with
 * delay and stalls, plus what AWS's services add (the planner's figures); or the planner's own p99, where that is more: the
 * measurement is of fewer connections than a preset has. What was measured with an emulated API Gateway and emulated
 * Lambda says little about AWS's: there both latencies are tried, the whole one and the planner's alone.
 *
 * - `not-measured`: `npm run compare` has no row for the cell.
 * - `not-suitable`: the planner says that the option cannot carry the workload at all; or events were lost although
 *   nothing may be; or something arrived twice or out of order; or catching up takes too long; or the p99 is above the
 *   ceiling; or it is too expensive.
 * - `overkill`: it meets the needs, and so does a simpler transport that costs less or the same.
 * - `best-fit`: of what is left, the cheapest. A less simple one that is overkill may cost a little less.
 * - `works`: it meets the needs, and another one costs less.
 * - `undecided`: one of the others, and which one depends on where an assumed figure lies in its range, or on how much
 *   faster AWS is than its emulation.
 */
export const VERDICTS = ['best-fit', 'works', 'overkill', 'not-suitable', 'undecided', 'not-measured'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** What would change a row and is not in its cells, which are about durable channels: not built, or built and not measured. */
export const NOT_IN_THE_CELLS: Readonly<Partial<Record<UseCaseId, readonly string[]>>> = {
  'collaborative-editing': ['binary frames (not built): the data travels as base64, a third larger', 'WebSocket on Fargate (not built)'],
  dashboard: ['channels of the kind latest: one write instead of two for a value, and slow readers skip superseded ones'],
  'multiplayer-game': [
    'binary frames (not built)',
    'ephemeral channels: a move is not written to the log',
    'WebSocket on Fargate (not built)',
  ],
  'stock-prices': ['channels of the kind latest: one write instead of two for a price, and slow readers skip superseded ones'],
  chat: ['WebSocket on Fargate (not built)'],
};
