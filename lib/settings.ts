import * as v from 'valibot';

/** A whole number in this range. */
export const between = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** The same, with the value that holds where a stage says nothing. */
export const setting = (min: number, max: number, byDefault: number) => v.optional(between(min, max), byDefault);

/**
 * The most that a table takes in a second, a bound for its cost: 0.625 USD per million write units and 0.125 per million read
 * units (us-east-1, AWS price list, 2026-11). AWS allows a table 40,000 of each before its quota is raised.
 */
export const maxThroughput = v.strictObject({ readUnits: between(1, 40_000), writeUnits: between(1, 40_000) });
