/** What every entrance accepts of a publication. */

/** 96 KiB: leaves room for the envelope and JSON escapes within SNS's 256 KiB and API Gateway's 128 KB. */
export const MAX_DATA_BYTES = 96 * 1024;

export const MAX_BATCH_EVENTS = 100;

/**
 * Types that the lanes or EventSource itself dispatch: a client could not tell an application's event of that
 * name from them.
 */
export const RESERVED_TYPES: ReadonlySet<string> = new Set(['reset', 'expired', 'presence', 'open', 'error']);
