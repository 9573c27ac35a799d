/** `npm run load`: see `npm run load -- --help`. */
import { abortOnSignal, createProgress } from '../progress.ts';
import { figure } from '../report/format.ts';
import { drive, type LoadProgress } from './drive.ts';
import { type LoadOptions, parseLoadOptions } from './options.ts';
import { formatResult, isIntact } from './result.ts';

const options = parseLoadOptions(process.argv);
const signal = abortOnSignal();
const progress = createProgress();
const line = createLine(options);

try {
  const result = await drive(options, signal, (seen) => progress.show(line(seen)));
  progress.end();
  process.stdout.write(`${options.json ? JSON.stringify({ ...result, channel: options.channel }) : formatResult(result)}\n`);
  process.exitCode = isIntact(result) ? 0 : 1;
} catch (error) {
  progress.end();
  process.stderr.write(`${options.url}: ${describe(error)}\n`);
  process.exitCode = 1;
}
process.exit();

/** Makes the progress line, with the messages per second since the line before. */
function createLine({ streams }: LoadOptions): (progress: LoadProgress) => string {
  let before = { atMs: performance.now(), received: 0 };
  return ({ counts, published, p50Ms, p99Ms }) => {
    const now = { atMs: performance.now(), received: counts.received };
    const perSecond = ((now.received - before.received) * 1_000) / (now.atMs - before.atMs);
    before = now;
    const troubles = Object.entries({ failed: counts.failed, ended: counts.ended, repeated: counts.repeated }).filter(
      ([, count]) => count > 0,
    );
    return [
      `${counts.open}/${streams} streams`,
      `${published} published`,
      `${counts.received.toLocaleString('en')} delivered`,
      `${figure(perSecond)}/s`,
      `p50 ${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms`,
      ...troubles.map(([name, count]) => `${count} ${name}`),
    ].join(' | ');
  };
}

/** Node puts the reasons of several addresses that were tried into one error without a text. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
