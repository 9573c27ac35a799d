import { median } from '../../shared/median.ts';
import { figure, figureOrNone, ratioText } from '../../shared/report/format.ts';
import type { Goal, Part, Plot, Section, Table } from '../../shared/report/section.ts';
import { type ColdStartFigures, measureColdStarts } from './cold-start.ts';
import { ACCOUNT_LIMIT, type GrowthSample, measureGrowth } from './growth.ts';
import { measureOneEvent, type OneEventFigures, type OneEventSample } from './one-event.ts';
import { POSTERS, type PosterName } from './posters.ts';
import { measurePosts, type PostsFigures } from './posts-per-core.ts';

type Findings = Omit<Section, 'title'>;

/** The fan-out function: posts per core, one event to many sockets, how its cost grows, and how fast functions start. */
export const measureFanOut: Part = async (options) => {
  const findings: Findings[] = [];
  // After a signal the figures so far stand; a measurement that it cut short throws.
  const add = async <F>(measure: (with_: typeof options) => Promise<F>, describe: (figures: F) => Findings): Promise<void> => {
    if (options.signal.aborted) return;
    try {
      findings.push(describe(await measure(options)));
    } catch (error) {
      if (!options.signal.aborted) throw error;
    }
  };
  await add(measurePosts, describePosts);
  await add(measureOneEvent, describeOneEvent);
  await add(measureGrowth, describeGrowth);
  await add(measureColdStarts, describeColdStarts);
  return {
    title: 'The fan-out function',
    prose: findings.flatMap(({ prose }) => prose),
    goals: findings.flatMap(({ goals }) => goals),
    tables: findings.flatMap(({ tables }) => tables),
    plots: findings.flatMap(({ plots }) => plots),
  };
};

/** Values of each round against those of the SDK's client in the same round. */
function ratiosToSdk<S extends { readonly poster: PosterName }>(samples: readonly S[], poster: PosterName, value: (sample: S) => number) {
  const of = (name: PosterName) => samples.filter((sample) => sample.poster === name).map(value);
  const sdk = of('AWS SDK');
  return of(poster).map((own, round) => own / (sdk[round] ?? Number.NaN));
}

export function describePosts({ endpoint, samples }: PostsFigures): Findings {
  const inFlights = [...new Set(samples.map(({ inFlight }) => inFlight))];
  const rows = inFlights.flatMap((inFlight) => {
    const alike = samples.filter((sample) => sample.inFlight === inFlight);
    return POSTERS.map((poster) => {
      const own = alike.filter((sample) => sample.poster === poster);
      return [
        `${poster}, ${inFlight} in flight`,
        figureOrNone(median(own.map(({ perCpuSecond }) => perCpuSecond))),
        figureOrNone(median(own.map(({ perSecond }) => perSecond))),
        ratioText(median(ratiosToSdk(alike, poster, ({ perCpuSecond }) => perCpuSecond))),
      ];
    });
  });
  const columns = ['poster', 'posts per second of CPU', 'posts/s', 'per CPU against the SDK'];
  return {
    prose: [`Posts: every poster in a process of its own, 160 bytes of data, against ${endpoint}, in turn; medians.`],
    goals: inFlights.map(
      (inFlight): Goal => ({
        text: `posts per core against the default SDK client, ${inFlight} in flight`,
        bound: 'at least',
        target: 4,
        measured: median(
          ratiosToSdk(
            samples.filter((sample) => sample.inFlight === inFlight),
            'ours',
            ({ perCpuSecond }) => perCpuSecond,
          ),
        ),
      }),
    ),
    tables: [{ caption: 'PostToConnection, posts per core', columns, rows }],
    plots: [],
  };
}

export function describeOneEvent({ sockets, closed, busy, samples }: OneEventFigures): Findings {
  const posters = [...new Set(samples.map(({ poster }) => poster))];
  const rows = posters.map((poster) => {
    const own = samples.filter((sample) => sample.poster === poster);
    const middle = (value: (sample: OneEventSample) => number) => figureOrNone(median(own.map(value)));
    return [
      poster,
      middle(({ lastMs }) => lastMs),
      middle(({ cpuSeconds }) => (cpuSeconds * 1e6) / sockets),
      middle(({ throttledPosts }) => throttledPosts),
      middle(({ gone }) => gone),
      ...(['doubled', 'missing', 'undeliverable'] as const).map((key) => String(total(own, (sample) => sample[key]))),
    ];
  });
  const ours = samples.filter(({ poster }) => poster === 'ours');
  const faults = total(ours, ({ doubled, missing, undeliverable }) => doubled + missing + undeliverable);
  const unhandled = total(ours, ({ gone, throttledPosts }) => Math.abs(closed - gone) + Math.abs(busy - throttledPosts));
  const text = `one event to ${sockets.toLocaleString('en')} sockets`;
  return {
    prose: [
      `${text}: the handler's own code with two queues in memory, real WebSockets, the gateway of the local run. The table lists ${closed} more connections, which are closed (410), and ${busy} of the open ones answer their first post with 429. The gateway, the sockets and the posters share the machine's cores. The SDK's client tries a 429 again by itself, so that the function does not see it.`,
    ],
    goals: [
      {
        text: `${text}: time to the last against the default SDK client`,
        bound: 'at least',
        target: 3,
        measured: median(ratiosToSdk(samples, 'ours', ({ lastMs }) => 1 / lastMs)),
      },
      { text: `${text}: doubled, missing or undeliverable`, bound: 'at most', target: 0, measured: faults, unit: 'frames' },
      { text: `${text}: 410 and 429 that were not handled as such`, bound: 'at most', target: 0, measured: unhandled, unit: 'posts' },
    ],
    tables: [
      {
        caption: `One event to ${sockets.toLocaleString('en')} sockets through the local gateway`,
        columns: ['poster', 'ms to the last', 'CPU µs a socket', '429', '410', 'doubled', 'missing', 'undeliverable'],
        rows,
      },
    ],
    plots: [],
  };
}

export function describeGrowth(samples: readonly GrowthSample[]): Findings {
  const settings = [...new Set(samples.map(({ connections }) => connections))].flatMap((connections) =>
    [undefined, ACCOUNT_LIMIT].map((limit) => {
      const alike = samples.filter((sample) => sample.connections === connections && sample.limit === limit);
      return { connections, limit, alike, middle: (value: (sample: GrowthSample) => number) => median(alike.map(value)) };
    }),
  );
  const table: Table = {
    caption: 'One event to more and more connections, one core posting',
    columns: ['connections', 's', 'CPU µs each', 'invocations', '429', 'missing', 'doubled'],
    rows: settings.map(({ connections, limit, alike, middle }) => [
      `${connections.toLocaleString('en')}, ${limit === undefined ? 'no limit' : `${limit.perSecond.toLocaleString('en')} requests/s`}`,
      figureOrNone(middle(({ seconds }) => seconds)),
      figureOrNone(middle(({ cpuMicrosPerConnection }) => cpuMicrosPerConnection)),
      figureOrNone(middle(({ invocations }) => invocations)),
      figureOrNone(middle(({ throttledPosts }) => throttledPosts)),
      String(total(alike, ({ missing }) => missing)),
      String(total(alike, ({ doubled }) => doubled)),
    ]),
  };
  const series = [undefined, ACCOUNT_LIMIT].map((limit) => ({
    name: limit === undefined ? 'no limit, one core' : "the account's limit",
    points: settings
      .filter((setting) => setting.limit === limit)
      .flatMap(({ connections, middle }) => {
        const seconds = middle((sample) => sample.seconds);
        return seconds === undefined ? [] : [{ x: connections, y: seconds }];
      }),
  }));
  const plot: Plot = {
    title: 'Time to deliver one event',
    xLabel: 'connections',
    yLabel: 'seconds',
    xScale: 'log',
    yScale: 'log',
    series,
  };
  return {
    prose: [
      `Growth: against a stand-in of the management API in a process of its own, which counts the frames of every connection. Its limit is API Gateway's for an account in a Region: ${ACCOUNT_LIMIT.perSecond.toLocaleString('en')} requests a second with a burst of ${ACCOUNT_LIMIT.burst.toLocaleString('en')}, so one core that posts is enough to use it up.`,
    ],
    goals: [
      {
        text: 'connections without the event, or with more than one frame, up to the largest channel',
        bound: 'at most',
        target: 0,
        measured: total(samples, ({ missing, doubled }) => missing + doubled),
        unit: 'connections',
      },
    ],
    tables: [table],
    plots: [plot],
  };
}

export function describeColdStarts(figures: readonly ColdStartFigures[]): Findings {
  const kilobytes = (bytes: number) => figure(bytes / 1_000);
  return {
    prose: [
      "Cold starts: loading a bundle as the stacks deploy it, source maps on, in a fresh process of this machine, up to where it reads its environment. Lambda adds its own time, and has a third of a core at 512 MB. What is loaded only when it is needed is the SDK's reading of credentials from elsewhere than a function's environment.",
    ],
    goals: [],
    tables: [
      {
        caption: 'Functions: size and cold start',
        columns: ['function', 'kB loaded', 'kB in all', 'ms to load', 'CPU ms to load'],
        rows: figures.map(({ entry, loadedBytes, totalBytes, samples }) => [
          entry,
          kilobytes(loadedBytes),
          kilobytes(totalBytes),
          figureOrNone(median(samples.map(({ loadMs }) => loadMs))),
          figureOrNone(median(samples.map(({ cpuMs }) => cpuMs))),
        ]),
      },
    ],
    plots: [],
  };
}

function total<S>(samples: readonly S[], value: (sample: S) => number): number {
  return samples.reduce((sum, sample) => sum + value(sample), 0);
}
