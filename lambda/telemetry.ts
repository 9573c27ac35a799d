import type { Context } from 'aws-lambda';
import { type Lane, type MetricDimensions, TELEMETRY_ENV } from '../backbone/contract.ts';
import { systemClock } from '../backbone/services/system-clock.ts';
import { encodeMetricLines, type MetricValues } from '../backbone/telemetry/embedded-metrics.ts';
import { createLogger, type Logger } from '../backbone/telemetry/log-line.ts';
import type { Environment, telemetryEntries } from './environment.ts';

/** What a function of a lane says about its work: log lines, and metrics. Never event data, never tokens. */
export interface Telemetry extends Logger {
  /** Counts of this invocation. */
  metrics(values: MetricValues): void;
}

/** What all metrics of a function have, by its environment. */
export function dimensionsOf(env: Environment<typeof telemetryEntries>, lane: Lane): MetricDimensions {
  return { stack: env[TELEMETRY_ENV.stack], lane };
}

type Invocation = Pick<Context, 'functionName' | 'awsRequestId'>;

/** Telemetry of one invocation. */
export function openTelemetry(
  { functionName, awsRequestId: requestId }: Invocation,
  dimensions: MetricDimensions,
  write: (line: string) => void = writeLine,
): Telemetry {
  return {
    ...openLogger({ functionName, awsRequestId: requestId }, dimensions.lane, write),
    metrics: (values) => {
      for (const line of encodeMetricLines(values, dimensions, systemClock.nowMs(), { function: functionName, requestId })) write(line);
    },
  };
}

/** The log of one invocation, for functions that count nothing. */
export function openLogger(
  { functionName, awsRequestId: requestId }: Invocation,
  lane: string,
  write: (line: string) => void = writeLine,
): Logger {
  return createLogger({ lane, function: functionName, requestId }, write, systemClock.nowMs);
}

/** Past the console, whose lines Lambda decorates: CloudWatch takes metrics from lines that are JSON and nothing else. */
function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
