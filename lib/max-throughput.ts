import * as v from 'valibot';
import { between } from '../backbone/settings.ts';

/**
 * The most that a table accepts per second, which bounds its cost: 0.625 USD per million write units and
 * 0.125 per million read units (us-east-1, AWS price list, 2026-11). Anything above is throttled. AWS allows
 * a table 40,000 of each unless its quota is raised.
 */
export const maxThroughput = v.strictObject({ readUnits: between(1, 40_000), writeUnits: between(1, 40_000) });

export type MaxThroughput = Readonly<v.InferOutput<typeof maxThroughput>>;

/** The same as properties of the CDK's on-demand tables and their indexes. */
export const maxRequestUnits = ({ readUnits, writeUnits }: MaxThroughput) => ({
  maxReadRequestUnits: readUnits,
  maxWriteRequestUnits: writeUnits,
});
