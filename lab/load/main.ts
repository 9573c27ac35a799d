/** `npm run load`: see `npm run load -- --help`. */
import { runCommand } from '../../command-line/command.ts';
import { createProgress } from '../shared/progress.ts';
import { figure } from '../shared/report/format.ts';
import type { LoadProgress } from './drive.ts';
import { type LoadOptions, parseLoadOptions } from './options.ts';
import { formatResult, isIntact } from './result.ts';

await runCommand(parseLoadOptions, async (options, signal) => {
  const progress = createProgress();
  const line = createLine(options);
  // Not at the top: every lane's client would be loaded before `--help` is shown, or a bad value refused.
  const { drive } = await import('./drive.ts');
  const result = await drive(options, signal, (seen) => progress.show(line(seen))).catch((error: unknown) => {
    throw new Error(options.url, { cause: error });
  });
  progress.end();
  process.stdout.write(`${options.json ? JSON.stringify({ ...result, channel: options.channel }) : formatResult(result)}\n`);
  return isIntact(result) ? undefined : 1;
});

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
