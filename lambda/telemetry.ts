import type { Context } from 'aws-lambda';
import { type METRICS, METRICS_NAMESPACE } from '../backbone/contract.ts';

type MetricName = (typeof METRICS)[keyof typeof METRICS];
type Fields = Readonly<Record<string, unknown>>;

/** What a function says about its work: one JSON object a line, and metrics. Never event data, never tokens. */
export interface Telemetry {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Counts of this invocation, published through one line in CloudWatch's embedded metric format. */
  metrics(counts: Readonly<Partial<Record<MetricName, number>>>): void;
}

/**
 * Telemetry of one invocation. The one dimension of its metrics is `FunctionName`, as in Lambda's own metrics, so that
 * stages that share an account stay apart.
 */
export function openTelemetry(
  context: Pick<Context, 'functionName' | 'awsRequestId'>,
  write: (line: string) => void = writeLine,
): Telemetry {
  const log =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      write(
        JSON.stringify({
          level,
          message,
          ...Object.fromEntries(
            Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describeError(value) : value]),
          ),
          function: context.functionName,
          requestId: context.awsRequestId,
          time: new Date().toISOString(),
        }),
      );
  return {
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    metrics: (counts) =>
      write(
        JSON.stringify({
          _aws: {
            Timestamp: Date.now(),
            CloudWatchMetrics: [
              {
                Namespace: METRICS_NAMESPACE,
                Dimensions: [['FunctionName']],
                Metrics: Object.keys(counts).map((name) => ({ Name: name, Unit: 'Count' })),
              },
            ],
          },
          FunctionName: context.functionName,
          requestId: context.awsRequestId,
          ...counts,
        }),
      ),
  };
}

function describeError(error: Error): Fields {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

/** Past the console, whose lines Lambda decorates: CloudWatch takes metrics from lines that are JSON and nothing else. */
function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
