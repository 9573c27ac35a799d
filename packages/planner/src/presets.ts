import { pollIntervalSeconds, USE_CASES, type UseCaseId } from './thresholds.ts';
import { InvalidWorkloadError, NUMBERS, type NumberId, type PresetId, parseWorkload, type Workload } from './workload.ts';

/** A use case in numbers, as one plausible product would have them. */
export interface Preset {
  readonly label: string;
  readonly workload: Omit<Workload, 'preset'>;
  /** What rises and falls with the number of connections, where only that is changed. */
  readonly growsWithConnections: readonly NumberId[];
  /** Why each number is as it is. */
  readonly reasons: Partial<Readonly<Record<keyof Workload, string>>>;
}

const COMMON = {
  hoursPerMonth: 730,
  eventsPerPublication: 1,
  pollIntervalSeconds: 10,
  clientMessagesPerSecond: 0,
  clientMessageBytes: 100,
  binary: false,
  subProtocol: false,
  resume: true,
  strictProxies: false,
  region: 'us-east-1',
  stage: 'prod',
} as const;

/** What the thresholds say about a use case, as inputs of its workload. */
const demandsOf = (useCase: UseCaseId) => ({
  deliverWithinMs: USE_CASES[useCase].ceilingMs,
  pollIntervalSeconds: pollIntervalSeconds(useCase),
  binary: USE_CASES[useCase].binary,
  resume: USE_CASES[useCase].mayBeLost === 'nothing',
});

export const PRESETS: Readonly<Record<PresetId, Preset>> = {
  'live-feed': {
    label: 'Live feed',
    workload: {
      ...COMMON,
      connections: 20_000,
      averageConnections: 5_000,
      subscriptionsPerConnection: 1,
      eventsPerSecond: 0.2,
      fanOut: 5_000,
      eventBytes: 400,
      reconnectsPerDay: 72,
      ...demandsOf('live-feed'),
      strictProxies: true,
    },
    growsWithConnections: ['averageConnections', 'fanOut'],
    reasons: {
      connections: 'readers of a match or an election on a regional news site',
      averageConnections: 'a quarter of the peak: nights and days without a match',
      subscriptionsPerConnection: 'the page of one match',
      eventsPerSecond: 'a line of text every five seconds while something happens',
      fanOut: 'everybody reads the same channel',
      eventBytes: 'two sentences and a link',
      reconnectsPerDay: 'a visit lasts 20 minutes',
      deliverWithinMs: USE_CASES['live-feed'].why,
      strictProxies: 'the public reads from offices and schools as well',
    },
  },
  chat: {
    label: 'Chat',
    workload: {
      ...COMMON,
      connections: 10_000,
      averageConnections: 4_000,
      subscriptionsPerConnection: 5,
      eventsPerSecond: 40,
      fanOut: 20,
      eventBytes: 250,
      clientMessagesPerSecond: 0.01,
      clientMessageBytes: 250,
      reconnectsPerDay: 24,
      ...demandsOf('chat'),
    },
    growsWithConnections: ['averageConnections', 'eventsPerSecond'],
    reasons: {
      connections: 'members of a product of medium size who are online at once',
      averageConnections: 'people sleep: 40 % of the peak',
      subscriptionsPerConnection: 'a person has about five open rooms',
      eventsPerSecond: 'each message of a client becomes an event: 4,000 times 0.01',
      fanOut: 'a room has about 20 members who are online',
      eventBytes: 'a sentence with its author and time',
      clientMessageBytes: 'a message is an event',
      clientMessagesPerSecond: 'a person writes every 100 seconds on average, mostly reading',
      reconnectsPerDay: 'an hour at a time: phones lock and networks change',
      deliverWithinMs: USE_CASES.chat.why,
    },
  },
  'collaborative-editing': {
    label: 'Collaborative editing',
    workload: {
      ...COMMON,
      connections: 2_000,
      averageConnections: 600,
      subscriptionsPerConnection: 2,
      eventsPerSecond: 300,
      fanOut: 4,
      eventBytes: 150,
      clientMessagesPerSecond: 0.5,
      clientMessageBytes: 150,
      reconnectsPerDay: 24,
      ...demandsOf('collaborative-editing'),
    },
    growsWithConnections: ['averageConnections', 'eventsPerSecond'],
    reasons: {
      connections: 'editors of a document product of a company of 10,000',
      averageConnections: 'working hours: 30 % of the peak',
      subscriptionsPerConnection: 'the document, and who is in it',
      eventsPerSecond: 'each change of a client becomes an event: 600 times 0.5',
      fanOut: 'about four have the same document open',
      eventBytes: 'an update of a few characters with its position',
      clientMessageBytes: 'a change is an event',
      clientMessagesPerSecond: 'changes are joined for half a second while typing; a third of the time nobody types',
      reconnectsPerDay: 'a document stays open for an hour',
      deliverWithinMs: USE_CASES['collaborative-editing'].why,
      binary: 'libraries such as Yjs encode changes as bytes',
    },
  },
  dashboard: {
    label: 'Dashboard',
    workload: {
      ...COMMON,
      connections: 500,
      averageConnections: 150,
      subscriptionsPerConnection: 4,
      eventsPerSecond: 4,
      fanOut: 100,
      eventBytes: 1_000,
      reconnectsPerDay: 12,
      ...demandsOf('dashboard'),
      strictProxies: true,
    },
    growsWithConnections: ['averageConnections', 'fanOut'],
    reasons: {
      connections: 'an operations team and its customers',
      averageConnections: 'working hours: 30 % of the peak',
      subscriptionsPerConnection: 'a page shows four groups of figures',
      eventsPerSecond: 'each of four groups changes every second',
      fanOut: 'two of three look at the same groups',
      eventBytes: 'a row of figures with their names',
      reconnectsPerDay: 'a page stays open for two hours',
      deliverWithinMs: USE_CASES.dashboard.why,
      resume: 'the newest figures replace what was missed',
      strictProxies: 'customers are companies with proxies',
    },
  },
  'multiplayer-game': {
    label: 'Multiplayer game',
    workload: {
      ...COMMON,
      connections: 2_000,
      averageConnections: 800,
      subscriptionsPerConnection: 1,
      eventsPerSecond: 9_500,
      fanOut: 2.1,
      eventBytes: 250,
      clientMessagesPerSecond: 10,
      clientMessageBytes: 40,
      reconnectsPerDay: 72,
      ...demandsOf('multiplayer-game'),
    },
    growsWithConnections: ['averageConnections', 'eventsPerSecond'],
    reasons: {
      connections: 'a small title in its first season',
      averageConnections: 'evenings: 40 % of the peak',
      subscriptionsPerConnection: 'a player is in one room',
      eventsPerSecond: '8,000 inputs (800 times 10), and 15 states a second for each of 100 rooms',
      fanOut: "an input has one reader, the room's server; a state has eight players",
      eventBytes: 'eight positions and directions',
      clientMessagesPerSecond: 'ten inputs a second',
      clientMessageBytes: 'a direction and a few keys',
      reconnectsPerDay: 'a match lasts 20 minutes',
      deliverWithinMs: USE_CASES['multiplayer-game'].why,
      binary: 'positions are packed numbers',
      resume: 'an old position is of no use',
    },
  },
  'ai-streaming': {
    label: 'AI streaming',
    workload: {
      ...COMMON,
      connections: 1_000,
      averageConnections: 200,
      subscriptionsPerConnection: 1,
      eventsPerSecond: 162,
      fanOut: 1,
      eventBytes: 120,
      clientMessagesPerSecond: 0.01,
      clientMessageBytes: 500,
      reconnectsPerDay: 96,
      ...demandsOf('ai-streaming'),
      strictProxies: true,
    },
    growsWithConnections: ['averageConnections', 'eventsPerSecond'],
    reasons: {
      connections: 'users of an assistant inside a product',
      averageConnections: 'a fifth of the peak',
      subscriptionsPerConnection: 'the answer that the user waits for',
      eventsPerSecond:
        'one in five receives an answer at any time, joined into four pieces a second: 200 times 0.2 times 4, and 2 questions',
      fanOut: 'an answer has one reader',
      eventBytes: 'about ten tokens, joined',
      clientMessagesPerSecond: 'a question every 100 seconds',
      clientMessageBytes: 'a question of some lines',
      reconnectsPerDay: 'a conversation lasts 15 minutes',
      deliverWithinMs: USE_CASES['ai-streaming'].why,
      strictProxies: 'users sit in companies',
    },
  },
  notifications: {
    label: 'Notifications',
    workload: {
      ...COMMON,
      connections: 50_000,
      averageConnections: 20_000,
      subscriptionsPerConnection: 1,
      eventsPerSecond: 5,
      fanOut: 1.5,
      eventBytes: 300,
      reconnectsPerDay: 24,
      ...demandsOf('notifications'),
    },
    growsWithConnections: ['averageConnections', 'eventsPerSecond'],
    reasons: {
      connections: 'users of a shop or a bank with a page open',
      averageConnections: 'people sleep: 40 % of the peak',
      subscriptionsPerConnection: 'the channel of the user',
      eventsPerSecond: 'each user is notified about once an hour',
      fanOut: 'half of the users have two devices',
      eventBytes: 'a title, a sentence and a link',
      reconnectsPerDay: 'an hour at a time',
      deliverWithinMs: USE_CASES.notifications.why,
    },
  },
  'stock-prices': {
    label: 'Stock prices',
    workload: {
      ...COMMON,
      connections: 5_000,
      averageConnections: 1_500,
      subscriptionsPerConnection: 20,
      eventsPerSecond: 200,
      fanOut: 150,
      eventBytes: 120,
      reconnectsPerDay: 24,
      ...demandsOf('stock-prices'),
    },
    growsWithConnections: ['averageConnections', 'fanOut'],
    reasons: {
      connections: 'clients of a broker in trading hours',
      averageConnections: 'trading takes 30 % of the week',
      subscriptionsPerConnection: 'a list of 20 instruments',
      eventsPerSecond: '200 instruments, each at most once a second',
      fanOut: '1,500 lists of 20 over 200 instruments',
      eventBytes: 'bid, ask, volume, time',
      reconnectsPerDay: 'an hour at a time',
      deliverWithinMs: USE_CASES['stock-prices'].why,
      resume: 'the newest price replaces what was missed',
    },
  },
  'idle-dev': {
    label: 'Idle development stage',
    workload: {
      ...COMMON,
      connections: 1,
      averageConnections: 0,
      subscriptionsPerConnection: 1,
      eventsPerSecond: 0,
      fanOut: 0,
      eventBytes: 300,
      reconnectsPerDay: 0,
      deliverWithinMs: 10_000,
      stage: 'dev',
    },
    growsWithConnections: ['averageConnections'],
    reasons: {
      connections: 'its developer, now and then',
      subscriptionsPerConnection: 'any channel',
      averageConnections: 'nobody is there: what remains is paid for being deployed',
      eventBytes: 'any event: none is published',
      deliverWithinMs: 'nobody waits',
      stage: "one developer's deployment",
    },
  },
};

/**
 * A use case with some of its numbers replaced. What a preset ties to the number of connections (its average, and where it says so its
 * fan-out and its events) grows with them, and what clients send grows with the events, unless it is given as well.
 *
 * @throws InvalidWorkloadError
 */
export function workloadOf(preset: PresetId, given: Partial<Omit<Workload, 'preset'>> = {}): Workload {
  const { workload } = PRESETS[preset];
  const ofConnections = given.connections === undefined ? {} : tiedTo({ ...workload, preset }, 'connections', given.connections);
  const grown = { ...workload, preset, ...ofConnections };
  const ofEvents = given.eventsPerSecond === undefined ? {} : tiedTo(grown, 'eventsPerSecond', given.eventsPerSecond);
  const whole = { ...grown, ...ofEvents, ...given };

  // One that is not tied to the connections cannot reach more than there are.
  if (given.fanOut === undefined) whole.fanOut = Math.min(whole.fanOut, whole.connections);
  return parseWorkload(whole);
}

/** What follows from another value of a number. */
function tiedTo(workload: Workload, id: NumberId, value: number): Partial<Workload> {
  const tied: readonly NumberId[] =
    id === 'connections' ? PRESETS[workload.preset].growsWithConnections : id === 'eventsPerSecond' ? ['clientMessagesPerSecond'] : [];
  if (tied.length === 0 || workload[id] === 0) return {};
  const factor = value / workload[id];
  return Object.fromEntries(tied.map((other) => [other, Math.min(workload[other] * factor, NUMBERS[other].max)]));
}

/** A value that a search has come to: a count has no fractions. */
export const roundInput = (id: NumberId, value: number): number => (NUMBERS[id].whole ? Math.round(value) : value);

/**
 * The same workload with another value of one number, and what is tied to it.
 * @returns undefined where the value makes no sense with the others
 */
export function withNumber(workload: Workload, id: NumberId, value: number): Workload | undefined {
  const { min, max } = NUMBERS[id];
  if (value < min || value > max) return undefined;
  try {
    return parseWorkload({ ...workload, ...tiedTo(workload, id, value), [id]: value });
  } catch (error) {
    if (error instanceof InvalidWorkloadError) return undefined;
    throw error;
  }
}
