/** What a table takes in a second at most. More is throttled. */
export interface MaxThroughput {
  readonly readUnits: number;
  readonly writeUnits: number;
}

/** The same in the words of the CDK's tables on demand, and of their indexes. */
export const maxRequestUnits = ({ readUnits, writeUnits }: MaxThroughput) => ({
  maxReadRequestUnits: readUnits,
  maxWriteRequestUnits: writeUnits,
});
