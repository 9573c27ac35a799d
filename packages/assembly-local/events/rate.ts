import { UnsupportedTemplateError } from '../assembly/errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * `rate(5 minutes)` in milliseconds.
 * @throws UnsupportedTemplateError for a cron expression, or for anything that is not a schedule
 */
export function parseRate(expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const everyMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (everyMs > 0) return everyMs;
  throw new UnsupportedTemplateError(`the schedule ${expression} is not supported locally: only rate(…) is`);
}
