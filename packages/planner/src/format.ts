// Made once: a formatter takes longer to make than to use.
const NUMBER = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const EXACT = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const CENTS = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** To three digits, with thousands apart. */
export const formatNumber = (value: number): string => NUMBER.format(value);

/** Of prices and quotas, every digit counts. */
export const formatExact = (value: number): string => EXACT.format(value);

/** With cents below 100 USD. */
export const formatUsd = (value: number): string => (Math.abs(value) < 100 ? CENTS : WHOLE).format(value);

export const inUsd = (value: number): string => `${formatUsd(value)} USD`;

/** Without cents, and to the last digit. */
export const inWholeUsd = (value: number): string => `${WHOLE.format(value)} USD`;

export const inMs = (value: number): string => `${WHOLE.format(value)} ms`;
