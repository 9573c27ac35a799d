/** Log lines as CloudWatch Logs Insights reads them: one JSON object each. No event data and no tokens belong in here. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** @param write takes one line without its line end */
export function createLogger(write: (line: string) => void, nowMs: () => number): Logger {
  const log = (level: string) => (message: string, fields?: LogFields) =>
    write(JSON.stringify({ time: new Date(nowMs()).toISOString(), level, message, ...fields }, plainErrors));
  return { info: log('info'), warn: log('warn'), error: log('error') };
}

/** `JSON.stringify` turns an Error into `{}`. */
function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause } : value;
}
