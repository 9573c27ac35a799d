import type { Logger } from '../../backbone/telemetry/logger.ts';

/** A logger that counts errors, which a task reports as failures. */
export interface ErrorCounter extends Logger {
  /** Returns the count and resets it to zero. */
  take(): number;
}

export function countErrors({ info, warn, error }: Logger): ErrorCounter {
  let errors = 0;
  return {
    info,
    warn,
    error: (message, fields) => {
      errors++;
      error(message, fields);
    },
    take: () => {
      const taken = errors;
      errors = 0;
      return taken;
    },
  };
}
