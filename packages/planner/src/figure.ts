/**
 * How far a number can be trusted: `measured` by a command of this repository, `documented` by the vendor, or `assumed`, which
 * comes with the range in which the truth plausibly lies.
 */
export type Confidence = 'measured' | 'documented' | 'assumed';

/** From the lowest plausible value to the highest. */
export type Range = readonly [low: number, high: number];

interface Sourced {
  readonly value: number;
  /** What the value counts, such as `USD per GB` or `streams per task`. */
  readonly unit: string;
  /** The page, by its title or URL; the command that measured it; or the reason for the assumption. */
  readonly source: string;
  /** When the page was read or the command was run, as YYYY-MM-DD. */
  readonly date: string;
}

export interface Known extends Sourced {
  readonly confidence: 'measured' | 'documented';
  /** @default - the value is taken as exact */
  readonly range?: Range;
}

export interface Assumed extends Sourced {
  readonly confidence: 'assumed';
  readonly range: Range;
}

/** A number that results depend on. Every one has its source and its date. */
export type Figure = Known | Assumed;

/** A price of which the units above a threshold cost less. */
export interface TieredPrice {
  /** What is paid per unit, from this number of units a month on; the first tier starts at 0. */
  readonly tiers: readonly { readonly from: number; readonly figure: Figure }[];
}

export type Price = Figure | TieredPrice;

export const isTiered = (price: Price): price is TieredPrice => 'tiers' in price;

/** Figures of a price: one, or one per tier. */
export const figuresOf = (price: Price): readonly Figure[] => (isTiered(price) ? price.tiers.map(({ figure }) => figure) : [price]);

/** What so many units cost in a month, in USD, tier by tier. */
export function usdFor(units: number, price: Price): number {
  if (!isTiered(price)) return units * price.value;

  return price.tiers.reduce((usd, { from, figure }, index) => {
    const to = price.tiers[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    return usd + Math.max(0, Math.min(units, to) - from) * figure.value;
  }, 0);
}
