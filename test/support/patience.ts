/**
 * How long a test looks for a state before it says what did not come. A guard against hanging, and no measure: how long things take
 * is the machine's affair. Below `testTimeout` of jest.config.mjs, which does not know what was waited for.
 */
export const PATIENCE_MS = 40_000;
