import * as v from 'valibot';
import { REGIONS } from './data/prices.ts';
import { DEPLOYED_STAGES } from './deployed.ts';

/** An input that is a number: what it means, and which values make sense. */
export interface NumberInput {
  readonly label: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly help: string;
  /** Whether it is a count. @default false */
  readonly whole?: boolean;
}

const input = (label: string, unit: string, min: number, max: number, help: string): NumberInput => ({ label, unit, min, max, help });

/** Every number of a workload. Commands and pages take their options, labels and ranges from here. */
export const NUMBERS = {
  connections: {
    ...input('Connections at peak', 'connections', 1, 100_000_000, 'open at the same time, at the busiest moment'),
    whole: true,
  },
  averageConnections: input('Connections on average', 'connections', 0, 100_000_000, 'open at the same time, averaged over the hours'),
  subscriptionsPerConnection: input('Subscriptions', 'channels per connection', 1, 100, 'channels that one connection reads'),
  eventsPerSecond: input(
    'Events',
    'events a second',
    0,
    10_000_000,
    'published on all channels together, by clients too, averaged over the hours',
  ),
  eventsPerPublication: {
    ...input(
      'Events published together',
      'events per publication',
      1,
      100,
      'in batches of one channel; messages of clients are published one by one',
    ),
    whole: true,
  },
  fanOut: input(
    'Fan-out',
    'connections per event',
    0,
    100_000_000,
    'connections that one event reaches, on average; the more it is, the fewer channels there are for the same subscriptions, and the SSE lane pays for each channel',
  ),
  eventBytes: input('Event size', 'bytes', 1, 1_000_000, 'data of an event in UTF-8, without its id and framing'),
  clientMessagesPerSecond: input('Client messages', 'messages a second per connection', 0, 1_000, 'what one connected client sends'),
  clientMessageBytes: input('Client message size', 'bytes', 1, 1_000_000, 'data of a message that a client sends'),
  reconnectsPerDay: input('Reconnects', 'a day per connection', 0, 10_000, 'how often a connection ends and a new one takes its place'),
  hoursPerMonth: input('Hours', 'hours a month', 1, 744, 'how long the stage is deployed and used; 730 is always'),
  pollIntervalSeconds: input('Poll interval', 'seconds', 1, 86_400, 'how often a client asks, for the option poll'),
  deliverWithinMs: input('Tolerated delay', 'ms (p99)', 1, 86_400_000, 'from publishing to the screen'),
} as const satisfies Record<string, NumberInput>;

export type NumberId = keyof typeof NUMBERS;

/** What a use case may need: a plain yes or no. */
export const NEEDS = {
  binary: 'data is bytes, and not text',
  subProtocol: 'clients negotiate a WebSocket sub-protocol of their own, such as MQTT or graphql-ws',
  resume: 'nothing may be lost: a client that reconnects gets what it missed',
  strictProxies: 'clients sit behind proxies that pass plain HTTP only',
} as const;

export type NeedId = keyof typeof NEEDS;

/** The use cases of the comparison, and a stage that nobody uses. */
export const PRESET_IDS = [
  'live-feed',
  'chat',
  'collaborative-editing',
  'dashboard',
  'multiplayer-game',
  'ai-streaming',
  'notifications',
  'stock-prices',
  'idle-dev',
] as const;

export type PresetId = (typeof PRESET_IDS)[number];

function number({ min, max, unit, whole = false }: NumberInput) {
  const allowed = `use a ${whole ? 'whole ' : ''}number from ${min} to ${max} (${unit})`;
  return v.pipe(
    v.number(allowed),
    v.minValue(min, allowed),
    v.maxValue(max, allowed),
    v.check((value) => !whole || Number.isInteger(value), allowed),
  );
}

const choice = <T extends string>(values: readonly T[]) => v.picklist(values, `choose one of ${values.join(', ')}`);

function mapValues<K extends string, A, B>(record: Readonly<Record<K, A>>, to: (value: A) => B): Readonly<Record<K, B>> {
  return Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, to(value)])) as Record<K, B>;
}

const schema = v.strictObject({
  preset: choice(PRESET_IDS),
  ...mapValues(NUMBERS, number),
  ...mapValues(NEEDS, () => v.boolean('use true or false')),
  /** One with prices in `data/prices.ts`. */
  region: choice(REGIONS),
  /** Whose tasks, gateways and alarms are billed. */
  stage: choice(DEPLOYED_STAGES),
});

/**
 * What one stage has to deliver. Averages are over the hours of the month in which it runs; `stage` says whose tasks, gateways and
 * alarms are billed for our own lanes.
 */
export type Workload = Readonly<v.InferOutput<typeof schema>>;

/** An input is not valid. The message names every one that is wrong, with its value and what is allowed. */
export class InvalidWorkloadError extends Error {
  override readonly name = 'InvalidWorkloadError';

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ input, value, allowed }) => `${input} ${JSON.stringify(value)} is not valid: ${allowed}`).join('; '));
    this.problems = problems;
  }

  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly input: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** @throws InvalidWorkloadError */
export function parseWorkload(whole: unknown): Workload {
  const result = v.safeParse(schema, whole);
  if (!result.success) {
    throw new InvalidWorkloadError(
      result.issues.map((issue) => ({ input: v.getDotPath(issue) ?? 'workload', value: issue.input, allowed: issue.message })),
    );
  }

  const { output } = result;
  const tooMany = (['averageConnections', 'fanOut'] as const).filter((input) => output[input] > output.connections);
  if (tooMany.length === 0) return output;
  const allowed = `use at most the ${output.connections} connections at peak, or raise those`;
  throw new InvalidWorkloadError(tooMany.map((input) => ({ input, value: output[input], allowed })));
}
