import { type LogItem, Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';

/**
 * What a line says besides its message: `channel`, `id`, `connectionId`, `error`, counts. No event data and no token is among
 * it. Powertools keeps `level`, `message`, `timestamp`, `service` and `sampling_rate` for itself.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** Log lines as CloudWatch Logs Insights reads them: one JSON object each. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger that can say which invocation of a function its lines are about. */
export interface FunctionLogger extends Logger {
  /** Lines from now on have what Powertools says of an invocation: `function_name`, `function_request_id`, `cold_start` and more. */
  addContext(context: Context): void;
}

/**
 * The logger of functions and tasks: that of Powertools for AWS Lambda, with its fields and its settings
 * (`POWERTOOLS_LOG_LEVEL` and the like), and the `lane` in every line. Make one for each process: it knows the first invocation.
 * @param lane the lane's id or, for what belongs to none, `backbone`
 * @param write takes one line without its line end
 */
export function createLogger(lane: string, write: (line: string) => void): FunctionLogger {
  // Powertools may write while it constructs, so the writer is no field.
  class LineLogger extends PowertoolsLogger {
    /** Powertools has a console of its own, which sends warnings and errors another way than metrics. */
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
 * Powertools would print every property of an error, and a cause that is none: what the SDK or a caller has put there may be data
 * of events, or a token.
 */
function bareErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, cause: cause instanceof Error ? cause : undefined };
}
