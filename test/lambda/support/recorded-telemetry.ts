import { TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { createTelemetry, type Telemetry } from '../../../lambda/telemetry.ts';
import { invocationContext } from './context.ts';

type Line = Readonly<Record<string, unknown>>;

/** The real telemetry, with its lines kept instead of printed. */
export function recordTelemetry(lane: string): { readonly telemetry: Telemetry; readonly lines: Line[] } {
  const lines: Line[] = [];
  const openTelemetry = createTelemetry({ [TELEMETRY_ENV.stack]: 'test' }, lane, (line) => lines.push(JSON.parse(line)));
  return { telemetry: openTelemetry(invocationContext('r1')), lines };
}
