import { type LogItem, Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';

/**
 * The fields of a line besides its message: `channel`, `id`, `connectionId`, `error`, counts. Never event
 * data or a token. Powertools reserves `level`, `message`, `timestamp`, `service` and `sampling_rate`.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** Log lines for CloudWatch Logs Insights: one JSON object each. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger whose lines can name the invocation that they belong to. */
export interface FunctionLogger extends Logger {
  /**
   * Adds what Powertools knows of an invocation to all later lines: `function_name`, `function_request_id`,
   * `cold_start` and more.
   */
  addContext(context: Context): void;
}

/**
 * The logger of functions and tasks: Powertools for AWS Lambda with its fields and settings
 * (`POWERTOOLS_LOG_LEVEL` and so on), plus `lane` in every line. Create one per process, because it detects
 * the cold start by its first invocation.
 * @param lane the lane's id, or `backbone` for what belongs to no lane
 * @param write takes one line without its line end
 */
export function createLogger(lane: string, write: (line: string) => void): FunctionLogger {
  // Not a field: Powertools may call printLog in its constructor, before fields are set.
  class LineLogger extends PowertoolsLogger {
    /** Powertools has its own console, which sends warnings and errors to another output than metrics. */
    protected override printLog(_level: number, item: LogItem): void {
      item.prepareForPrint();
      write(JSON.stringify(item.getAttributes(), this.getJsonReplacer()));
    }
  }
  const logger = new LineLogger({ persistentKeys: { lane }, jsonReplacerFn: bareErrors });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
    addContext: (context) => logger.addContext(context),
  };
}

/**
 * Logs an error's name, message, stack and cause only. Powertools would also log every other property, and
 * causes that are not errors: the SDK or a caller may have put event data or a token there.
 */
function bareErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause: cause instanceof Error ? cause : undefined };
}
