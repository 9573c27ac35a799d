import * as v from 'valibot';
import { between } from '../backbone/settings.ts';

/**
 * The most that a table takes in a second, a bound for its cost: 0.625 USD per million write units and 0.125 per million read
 * units (us-east-1, AWS price list, 2026-11). AWS allows a table 40,000 of each before its quota is raised. More is throttled.
 */
export const maxThroughput = v.strictObject({ readUnits: between(1, 40_000), writeUnits: between(1, 40_000) });

export type MaxThroughput = Readonly<v.InferOutput<typeof maxThroughput>>;

/** The same in the words of the CDK's tables on demand, and of their indexes. */
export const maxRequestUnits = ({ readUnits, writeUnits }: MaxThroughput) => ({
  maxReadRequestUnits: readUnits,
  maxWriteRequestUnits: writeUnits,
});
