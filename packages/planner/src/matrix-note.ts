import { factsOf } from './facts.ts';
import { OPTION_OF } from './matrix.ts';
import { NOT_MEASURED, USE_CASE_IDS } from './matrix-text.ts';
import type { Measured } from './measured.ts';
import { OPTIONS, optionOf } from './options.ts';
import { bestFor } from './plan.ts';
import { PRESETS, workloadOf } from './presets.ts';
import { TRANSPORT_NAMES, TRANSPORTS, type Transport, type UseCaseId } from './thresholds.ts';

/** What to know about all of the matrix. */
export function matrixNote(measured: Measured | undefined): string {
  return [...(measured === undefined ? [NOT_MEASURED] : [latencyNote(measured), caughtUpNote(measured)]), plannerNote()].join('\n\n');
}

function latencyNote({ command, date, quick }: Measured): string {
  return [
    `**Latency.** *Measured* here (\`${command}\`, ${date}) plus what AWS is *assumed* to add; or *calculated* at full size, where that is more. A range comes from what is assumed.`,
    'API Gateway and Lambda are emulated here, so the range of the WebSocket lane begins with the *calculated* p99 alone.',
    'The first column says on how many deliveries each p99 of its row rests, at most: with fewer than 1,000, fewer than ten of them decide it.',
    ...(quick ? ['**That was a quick run: a verdict that depends on a time may change with the full one.**'] : []),
  ].join(' ');
}

/** A time that the service sets itself, and no property of the transport. */
function caughtUpNote({ rows }: Measured): string {
  const times = TRANSPORTS.map((transport) => `${TRANSPORT_NAMES[transport]} ${secondsOf(rows, transport)}`);
  return `**Catching up.** From a cut until the last client has what it missed: ${times.join(', ')}. That of SSE is a setting: the service tells each stream to wait for a random time, of at most 15 s in \`prod\` (\`sse.retryMaxMs\`), so that the clients of a lost task do not come back all at once. Polls come back with their next request, and our WebSocket client after a short random wait of its own.`;
}

function secondsOf(rows: Measured['rows'], transport: Transport): string {
  const times = rows.filter((row) => row.transport === transport).map(({ caughtUpMs }) => caughtUpMs / 1_000);
  const [least, most] = [Math.min(...times).toFixed(1), Math.max(...times).toFixed(1)];
  return least === most ? `${most} s` : `${least} to ${most} s`;
}

/** Why `npm run plan` and `docs/cost.md` may answer differently. */
function plannerNote(): string {
  const strict = USE_CASE_IDS.filter((useCase) => PRESETS[useCase].workload.strictProxies);
  const inMatrix = new Set(Object.values(OPTION_OF));
  const others = USE_CASE_IDS.flatMap((useCase) => {
    const workload = workloadOf(useCase);
    const best = bestFor(workload, factsOf(workload.region));
    return best === undefined || inMatrix.has(best) ? [] : [{ useCase, best }];
  });
  const labels = [...new Set(others.map(({ best }) => optionOf(best).label))];

  return [
    `**The planner** (\`npm run plan\`, [cost](cost.md)) asks something else. It compares ${OPTIONS.length} options by what is *calculated*, and measures nothing; the matrix compares ${TRANSPORTS.length} transports of ours.`,
    ...(strict.length === 0
      ? []
      : [
          `Proxies that pass plain HTTP only are a need of its presets ${namesOf(strict)}, which rules WebSocket out there; the matrix leaves them out, because they are a matter of your clients and not of the use case.`,
        ]),
    ...(labels.length === 0
      ? []
      : [`For ${namesOf(others.map(({ useCase }) => useCase))} it puts first what has no column here: ${labels.join(', ')}.`]),
    ...(others.some(({ best }) => best === 'broker')
      ? ['A broker that stores nothing is enough where a newer value replaces what was missed.']
      : []),
  ].join(' ');
}

const namesOf = (useCases: readonly UseCaseId[]): string =>
  new Intl.ListFormat('en').format(useCases.map((useCase) => PRESETS[useCase].label));
