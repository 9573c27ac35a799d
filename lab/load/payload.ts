/** What the load driver publishes: which run it is from, and when it was to be published by the clock that all processes of a machine share. */
export interface Payload {
  readonly run: string;
  readonly atUs: number;
}

/** Room for the fields. */
export const MIN_DATA_BYTES = 64;

/** Microseconds since the machine was started: Linux's, macOS's and Windows's monotonic clock, the same in every process. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Text of exactly so many bytes. */
export function encodePayload({ run, atUs }: Payload, dataBytes: number): string {
  const head = `${run} ${atUs} `;
  return head.padEnd(dataBytes, '.');
}

/** Undefined where the event is of another run, or somebody else's. */
export function decodePayload(data: string, run: string): Payload | undefined {
  if (!data.startsWith(`${run} `)) return undefined;
  const atUs = Number.parseInt(data.slice(run.length + 1), 10);
  return Number.isNaN(atUs) ? undefined : { run, atUs };
}
