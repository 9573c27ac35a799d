import type { Context } from 'aws-lambda';
import { type Lane, TELEMETRY_ENV } from '../backbone/contract.ts';
import type { Environment, telemetryEntries } from '../backbone/environment.ts';
import { systemClock } from '../backbone/services/system-clock.ts';
import { encodeMetricLines, type MetricValues } from '../backbone/telemetry/embedded-metrics.ts';
import { createLogger, type Logger } from '../backbone/telemetry/logger.ts';

/** What a function of a lane says about its work: log lines, and metrics. Never event data, never tokens. */
export interface Telemetry extends Logger {
  /** Counts of this invocation. */
  metrics(values: MetricValues): void;
}

/** Opens the telemetry of each invocation of a function. */
export function createTelemetry(
  env: Environment<typeof telemetryEntries>,
  lane: Lane,
  write: (line: string) => void = writeLine,
): (context: Context) => Telemetry {
  const openLogger = createFunctionLogger(lane, write);
  const dimensions = { stack: env[TELEMETRY_ENV.stack], lane };
  return (context) => {
    const invocation = { function_name: context.functionName, function_request_id: context.awsRequestId };
    return {
      ...openLogger(context),
      metrics: (values) => {
        for (const line of encodeMetricLines(values, dimensions, systemClock.nowMs(), invocation)) write(line);
      },
    };
  };
}

/** Opens the log of each invocation, for functions that count nothing. */
export function createFunctionLogger(lane: string, write: (line: string) => void = writeLine): (context: Context) => Logger {
  const logger = createLogger(lane, write);
  return (context) => {
    logger.addContext(context);
    return logger;
  };
}

/** Past the console, whose lines Lambda decorates: CloudWatch takes metrics from lines that are JSON and nothing else. */
function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
