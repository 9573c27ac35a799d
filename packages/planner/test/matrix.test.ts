import { describe, expect, test } from '@jest/globals';
import { type Evidence, OPTION_OF, type PlanAt, rowOf } from '../src/matrix.ts';
import type { Measured, MeasuredRow } from '../src/measured.ts';
import type { Limit } from '../src/option.ts';
import type { Answer } from '../src/plan.ts';
import { PRESETS } from '../src/presets.ts';
import { TRANSPORTS, type Transport, USE_CASES, type UseCaseId } from '../src/thresholds.ts';

/** Chat: at most 1,000 ms, and nothing may be lost. */
const USE_CASE: UseCaseId = 'chat';

const USD: Readonly<Record<Transport, number>> = { poll: 400, 'long-poll': 300, sse: 200, websocket: 500 };

function answer(transport: Transport, usdPerMonth: number, changed: Partial<Answer> = {}): Answer {
  return {
    option: { id: OPTION_OF[transport], label: transport, status: 'built', summary: '' },
    items: [],
    limits: [],
    shortcomings: [],
    delivery: { p99Ms: 0, from: [] },
    usdPerMonth,
    fixedUsdPerMonth: 0,
    growingUsdPerMonth: usdPerMonth,
    overlookedUsdPerMonth: 0,
    firstLimit: undefined,
    fits: true,
    unfitBecause: [],
    ...changed,
  };
}

const answers = (usd: Partial<typeof USD> = {}, changed: Partial<Record<Transport, Partial<Answer>>> = {}): readonly Answer[] =>
  TRANSPORTS.map((transport) => answer(transport, { ...USD, ...usd }[transport], changed[transport]));

function measuredRow(transport: Transport, changed: Partial<MeasuredRow> = {}): MeasuredRow {
  return {
    useCase: USE_CASE,
    transport,
    latencyMs: { p50: 50, p99: 100, p999: 200 },
    jitterMs: 5,
    bytesDownPerMessage: 300,
    bytesUpPerMessage: 10,
    requestsPerMessage: 0,
    tcpConnections: 1,
    serverCpuMicrosPerMessage: 20,
    caughtUpMs: 2_000,
    sent: 100,
    delivered: 100,
    lost: 0,
    doubled: 0,
    outOfOrder: 0,
    label: 'measured here',
    ...changed,
  };
}

function measured(changed: Partial<Record<Transport, Partial<MeasuredRow>>> = {}): Measured {
  const rows = TRANSPORTS.map((transport) => measuredRow(transport, changed[transport]));
  return {
    date: '2026-11-30',
    command: 'npm run compare',
    machine: 'made up',
    quick: false,
    sizes: { pollIntervalMs: 1_000, useCases: [] },
    rows,
  };
}

const planAt = (changed: Partial<PlanAt> = {}): PlanAt => ({ assumed: undefined, answers: answers(), awsLatencyMs: aws(100), ...changed });

const aws = (ms: number) => Object.fromEntries(TRANSPORTS.map((transport) => [transport, ms])) as unknown as PlanAt['awsLatencyMs'];

interface Given {
  readonly answers?: readonly Answer[];
  readonly variants?: readonly PlanAt[];
  readonly measured?: Measured | undefined;
}

const evidence = (given: Given = {}): Evidence => ({
  plans: [planAt(given.answers && { answers: given.answers }), ...(given.variants ?? [])],
  measured: 'measured' in given ? given.measured : measured(),
});

const slow = (p99: number): Partial<MeasuredRow> => ({ latencyMs: { p50: 50, p99, p999: p99 } });

const verdicts = (changed: Given = {}, useCase: UseCaseId = USE_CASE) =>
  Object.fromEntries(Object.values(rowOf(useCase, evidence(changed))).map(({ transport, verdict }) => [transport, verdict]));

test('the cheapest is the best fit, a simpler one that costs more works, and a less simple one that costs more is overkill', () => {
  expect(verdicts()).toEqual({ poll: 'works', 'long-poll': 'works', sse: 'best-fit', websocket: 'overkill' });
});

test('costs that are about the same do not make up for what is less simple', () => {
  expect(verdicts({ answers: answers({ 'long-poll': 219 }) })).toMatchObject({ 'long-poll': 'best-fit', sse: 'overkill' });
  expect(verdicts({ answers: answers({ 'long-poll': 226 }) })).toMatchObject({ 'long-poll': 'works', sse: 'best-fit' });
});

test('a cost that is about the same is not called a saving, even where the simpler one costs more', () => {
  const row = rowOf(USE_CASE, evidence({ answers: answers({ 'long-poll': 500, sse: 207 }) }));
  expect(row.sse.because[0]).toBe('the cheapest that meets the needs');
  expect(row.websocket.because[0]).toBe('SSE is simpler, meets the same needs and costs 207 USD instead of 500 USD');

  const same = rowOf(USE_CASE, evidence({ answers: answers({ 'long-poll': 500, sse: 207, websocket: 200 }) }));
  expect(same.sse).toMatchObject({ verdict: 'best-fit' });
  expect(same.sse.because[0]).toBe('it meets the needs, is simpler than WebSocket lane and costs about the same: 207 USD, and 200 USD');
  expect(same.websocket).toMatchObject({ verdict: 'overkill' });
  expect(same.websocket.because[0]).toBe('SSE is simpler, meets the same needs and costs about the same: 207 USD, and 200 USD');
});

test('without a measurement there is no verdict, and the reason says what is missing', () => {
  const row = rowOf(USE_CASE, evidence({ measured: undefined }));
  expect(row.sse).toMatchObject({ verdict: 'not-measured', because: [expect.stringContaining('npm run compare')], usdPerMonth: 200 });
  expect(verdicts({}, 'dashboard')).toMatchObject({ sse: 'not-measured' });
});

test('a cell names its numbers with what they are', () => {
  const { because, latencyMs } = rowOf(USE_CASE, evidence()).sse;
  expect(because).toEqual([
    'the cheapest that meets the needs',
    'the p99 is 200 ms, at most 1,000 ms: 100 ms measured here (2026-11-30) and 100 ms assumed for AWS; calculated at full size, 0 ms',
    'caught up 2,000 ms after a cut',
    '200 USD a month, calculated from list prices',
  ]);
  expect(latencyMs).toEqual([200, 200]);
});

describe('not suitable is', () => {
  const limit = (changed: Partial<Limit>): Limit => ({
    id: 'frames',
    label: 'Frames',
    unit: 'a second',
    use: 2_000,
    allowed: 1_000,
    adjustable: false,
    figure: { value: 1_000, unit: 'a second', source: 'made up', date: '2026-11-30', confidence: 'documented' },
    ...changed,
  });

  test('what lacks something that the workload needs', () => {
    const lacking = answers({}, { sse: { shortcomings: [{ text: 'it cannot', excludes: true }] } });
    const { sse } = rowOf(USE_CASE, evidence({ answers: lacking }));
    expect(sse).toMatchObject({ verdict: 'not-suitable', because: expect.arrayContaining(['it cannot']) });
    expect(verdicts({ answers: answers({}, { sse: { shortcomings: [{ text: 'it does not matter', excludes: false }] } }) })).toEqual(
      verdicts(),
    );
  });

  test('what passes a limit that nobody raises', () => {
    expect(verdicts({ answers: answers({}, { sse: { limits: [limit({})] } }) })).toMatchObject({ sse: 'not-suitable' });
    expect(verdicts({ answers: answers({}, { sse: { limits: [limit({ adjustable: true })] } }) })).toEqual(verdicts());
    expect(verdicts({ answers: answers({}, { sse: { limits: [limit({ use: 999 })] } }) })).toEqual(verdicts());
  });

  test('what is too slow', () => {
    const row = rowOf(USE_CASE, evidence({ measured: measured({ sse: slow(901) }) }));
    expect(row.sse).toMatchObject({
      verdict: 'not-suitable',
      because: expect.arrayContaining(['a p99 of 1,001 ms, above 1,000 ms']),
    });
  });

  test('what is too slow at full size, although the measurement of a few connections was not', () => {
    const late = answers({}, { sse: { delivery: { p99Ms: 1_001, from: [] } } });
    expect(verdicts({ answers: late })).toMatchObject({ sse: 'not-suitable' });
  });

  test('what loses events, unless a newer one replaces them', () => {
    expect(verdicts({ measured: measured({ sse: { lost: 1 } }) })).toMatchObject({ sse: 'not-suitable' });
    const ofPrices = { ...measured(), rows: TRANSPORTS.map((transport) => measuredRow(transport, { useCase: 'stock-prices', lost: 1 })) };
    expect(verdicts({ measured: ofPrices }, 'stock-prices')).toMatchObject({ sse: 'best-fit' });
  });

  test('what repeats or reorders events, or takes too long to catch up', () => {
    for (const changed of [{ doubled: 1 }, { outOfOrder: 1 }, { caughtUpMs: 30_001 }]) {
      expect(verdicts({ measured: measured({ sse: changed }) })).toMatchObject({ sse: 'not-suitable' });
    }
  });

  test('what costs far more than the cheapest, in proportion and in dollars', () => {
    expect(verdicts({ answers: answers({ websocket: 1_001 }) })).toMatchObject({ websocket: 'not-suitable' });
    expect(verdicts({ answers: answers({ websocket: 999 }) })).toMatchObject({ websocket: 'overkill' });
    const cheap = answers({ poll: 90, 'long-poll': 80, sse: 10, websocket: 509 });
    expect(verdicts({ answers: cheap })).toMatchObject({ poll: 'works', websocket: 'overkill' });
  });
});

test('what fails does not compete: the next best takes its place', () => {
  const row = verdicts({ measured: measured({ sse: slow(2_000), poll: slow(2_000), 'long-poll': slow(2_000) }) });
  expect(row).toEqual({ poll: 'not-suitable', 'long-poll': 'not-suitable', sse: 'not-suitable', websocket: 'best-fit' });
});

describe('undecided is', () => {
  test('what meets the ceiling or not, within what AWS is assumed to add', () => {
    const variants = [planAt({ assumed: { value: 200, insteadOf: 100, unit: 'ms of the bus' }, awsLatencyMs: aws(200) })];
    const row = rowOf(USE_CASE, evidence({ variants, measured: measured({ sse: slow(850) }) }));
    expect(row.sse).toMatchObject({ verdict: 'undecided', latencyMs: [950, 1_050] });
    expect(row.sse.because[0]).toBe(
      'best fit (the cheapest that meets the needs), but not suitable with 200 ms of the bus, instead of the 100 assumed (a p99 of 1,050 ms, above 1,000 ms)',
    );
    expect(row['long-poll'].verdict).toBe('undecided');
  });

  test('what is too slow in an emulation, and would not be as it is calculated', () => {
    const emulated = measured({ websocket: { ...slow(2_000), label: 'emulated API Gateway and Lambda' } });
    const calculated = answers({}, { websocket: { delivery: { p99Ms: 300, from: [] } } });
    const { websocket } = rowOf(USE_CASE, evidence({ measured: emulated, answers: calculated }));
    expect(websocket).toMatchObject({ verdict: 'undecided', latencyMs: [300, 2_100] });
    expect(websocket.because[0]).toMatch(/^not suitable \(.*\), but overkill if API Gateway and Lambda are as fast as calculated \(.*\)$/);
    expect(websocket.because[1]).toContain('2,000 ms measured here (emulated API Gateway and Lambda, 2026-11-30)');
  });

  test('what passes a limit at one end of its range, and the limit is said once', () => {
    const unit = 'events a second that a task takes';
    const figure = { value: 1_300, unit, source: 'made up', date: '2026-11-30', confidence: 'assumed', range: [700, 2_700] } as const;
    const limited = (allowed: number) =>
      answers({}, { sse: { limits: [{ id: 'queue', label: 'Events', unit, use: 810, allowed, adjustable: false, figure }] } });
    const variants = [planAt({ assumed: { value: 700, insteadOf: 1_300, unit }, answers: limited(700) })];
    const { sse } = rowOf(USE_CASE, evidence({ variants, answers: limited(1_300) }));
    expect(sse.because[0]).toBe(
      'best fit (the cheapest that meets the needs), but not suitable with 700 events a second that a task takes, instead of the 1,300 assumed (it needs 810, and 700 is the limit)',
    );
  });

  test('what depends on an assumed cost, which it names', () => {
    const variants = [planAt({ assumed: { value: 0.1, insteadOf: 0.5, unit: 'of the hours idle' }, answers: answers({ sse: 350 }) })];
    const row = rowOf(USE_CASE, evidence({ variants }));
    expect(row.sse.verdict).toBe('undecided');
    expect(row.sse.because[0]).toMatch(
      /but overkill with 0\.1 of the hours idle, instead of the 0\.5 assumed \(Long poll is simpler, .*\)$/,
    );
    expect(row.sse.because[3]).toBe('200 USD a month, 200 to 350 USD with what is assumed, calculated from list prices');
    expect(row.poll.verdict).toBe('works');
  });
});

test('the presets ask for what the thresholds say', () => {
  for (const [useCase, { ceilingMs, binary, mayBeLost }] of Object.entries(USE_CASES)) {
    const { workload } = PRESETS[useCase as UseCaseId];
    expect(workload).toMatchObject({ deliverWithinMs: ceilingMs, binary, resume: mayBeLost === 'nothing' });
    expect(workload.pollIntervalSeconds * 1_000).toBeLessThanOrEqual(Math.max(1_000, ceilingMs / 2));
  }
});
