import { describe, expect, test } from '@jest/globals';
import { LOG_ENV, LOG_TABLE, PUBLISH_ENV, SETTINGS_VARIABLE, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { startTestTables, type TestTables } from '../../support/tables.ts';
import { bundleEntries } from './bundle.ts';
import { type FakeService, startFakeService } from './fake-aws.ts';
import { type Invocation, invokeBundle } from './invoke.ts';

/** An entry file, from the repository's root, and what it needs. */
export interface Entry {
  readonly file: string;
  /** Every variable of the environment that it reads, but that of its settings. */
  readonly keys: readonly string[];
  /** Schemas of the settings that it reads. @default none */
  readonly settings?: object;
  /** @default 375 kB */
  readonly maxLoadedBytes?: number;
}

/** A function starts faster the less it loads. Measured in 2026-11: 0.26 to 0.36 MB with their names kept, 22 kB of it Powertools' logger. */
const MAX_LOADED_BYTES = 375_000;

const CHANNELS = [
  { match: 'latest.*', kind: 'latest' },
  { match: 'ephemeral.*', kind: 'ephemeral' },
];

/** Bundled functions, and on loopback what functions of every lane use. */
export interface EntryWorld {
  /** What functions find in their environment. A lane adds its own. */
  readonly env: Record<string, string>;
  readonly tables: TestTables;
  /** SNS. */
  readonly topic: FakeService;
  file(entry: string): string;
  loadedBytes(entry: string): number;
  /** Hands events to an entry, and answers what came of them and the lines that were logged. */
  invoke(
    entry: string,
    ...events: readonly unknown[]
  ): Promise<{ readonly results: readonly Invocation[]; readonly lines: readonly Readonly<Record<string, unknown>>[] }>;
  stop(): Promise<void>;
}

export async function startEntryWorld(files: readonly string[]): Promise<EntryWorld> {
  const bundles = bundleEntries(files);
  const tables = await startTestTables();
  const topic = await startFakeService({
    body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
  });
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: await endpointOf(tables),
    AWS_ENDPOINT_URL_SNS: topic.endpoint,
    [TELEMETRY_ENV.stack]: 'LanesTest',
    [LOG_ENV.table]: await tables.create(LOG_TABLE),
    [PUBLISH_ENV.topicArn]: 'arn:aws:sns:us-east-1:123456789012:lanes',
    [SETTINGS_VARIABLE]: JSON.stringify({ channels: CHANNELS, retentionMs: 3_600_000, gapGraceMs: 5_000, publishTimeoutMs: 2_000 }),
  };
  return {
    env,
    tables,
    topic,
    file: bundles.file,
    loadedBytes: bundles.loadedBytes,
    invoke: async (entry, ...events) => {
      const { results, output } = await invokeBundle(bundles.file(entry), env, [...events]);
      const lines = output.split('\n').filter((line) => line !== '');
      return { results, lines: lines.map((line) => JSON.parse(line)) };
    },
    stop: async () => {
      await Promise.all([tables.stop(), topic.stop()]);
      bundles.remove();
    },
  };
}

/** What is promised of every entry file. */
export function entryContract(entries: readonly Entry[], world: () => EntryWorld): void {
  describe.each(entries)('$file', ({ file, keys, settings = {}, maxLoadedBytes = MAX_LOADED_BYTES }) => {
    test('names every missing variable and every wrong setting, and needs no other', async () => {
      const names = Object.keys(JSON.parse(world().env[SETTINGS_VARIABLE] ?? ''));
      const wrong = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'wrong'])));
      const { results } = await invokeBundle(world().file(file), { AWS_REGION: 'us-east-1', [SETTINGS_VARIABLE]: wrong }, []);
      const { error } = results[0] ?? {};
      expect(error?.name).toBe('InvalidEnvironmentError');
      const named = error?.message.match(/(LANES|AWS|POWERTOOLS)_[A-Z_]+(\.\w+)?/g);
      expect([...new Set(named)].sort()).toEqual([...keys, ...Object.keys(settings).map((name) => `${SETTINGS_VARIABLE}.${name}`)].sort());
    });

    test('loads as one ES module, with its environment', async () => {
      expect((await world().invoke(file)).results).toEqual([]);
    });

    test('loads little', () => {
      expect(world().loadedBytes(file)).toBeLessThan(maxLoadedBytes);
    });
  });
}

async function endpointOf({ client }: TestTables): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) throw new TypeError('the client of the test tables has no endpoint');
  return `${endpoint.protocol}//${endpoint.hostname}:${endpoint.port}`;
}
