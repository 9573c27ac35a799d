import { openTelemetry, type Telemetry } from '../../../lambda/telemetry.ts';

type Line = Readonly<Record<string, unknown>>;

/** The real telemetry, with its lines kept instead of printed. */
export function recordTelemetry(): { readonly telemetry: Telemetry; readonly lines: Line[] } {
  const lines: Line[] = [];
  const telemetry = openTelemetry({ functionName: 'fn', awsRequestId: 'r1' }, { stack: 'test', lane: 'websocket' }, (line) =>
    lines.push(JSON.parse(line)),
  );
  return { telemetry, lines };
}
