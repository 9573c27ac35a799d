/** The fields that lines of both lanes have in common. No event data and no token is among them, nor may it be in any other. */
export interface LogContext {
  /** `websocket`, `sse` or, for what belongs to neither, `backbone`. */
  readonly lane: string;
  /** Of the invocation, where there is one. A request to a task has its own in the line. */
  readonly requestId?: string;
  /** Name of the function, where it is one. */
  readonly function?: string;
}

export type LogLevel = 'info' | 'warn' | 'error';

/** What else a line says: `channel`, `id`, `connectionId`, `requestId`, `error`, counts. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Log lines as CloudWatch Logs Insights reads them: one JSON object each. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** @param write takes one line without its line end */
export function createLogger(context: LogContext, write: (line: string) => void, nowMs: () => number): Logger {
  const log = (level: LogLevel) => (message: string, fields?: LogFields) =>
    write(JSON.stringify({ time: new Date(nowMs()).toISOString(), level, message, ...context, ...fields }, plainErrors));
  return { info: log('info'), warn: log('warn'), error: log('error') };
}

/** `JSON.stringify` turns an Error into `{}`. */
function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause instanceof Error ? value.cause : undefined }
    : value;
}
