import type { Logger } from '../../backbone/telemetry/logger.ts';

/** A logger that counts its errors: what a task reports as failures. */
export interface ErrorCounter extends Logger {
  /** Takes the count, which starts again at zero. */
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
