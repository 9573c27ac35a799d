import { type Figure, type Price, usdFor } from './figure.ts';
import type { Item, Limit } from './option.ts';

interface ItemOptions {
  /** @default 'growing' */
  readonly kind?: Item['kind'];
  /** @default false */
  readonly overlooked?: boolean;
  /** @default - the workload alone */
  readonly from?: readonly Figure[];
}

export function item(
  id: string,
  label: string,
  quantity: number,
  unit: string,
  price: Price,
  { kind = 'growing', overlooked = false, from = [] }: ItemOptions = {},
): Item {
  return { id, label, quantity, unit, price, usdPerMonth: usdFor(quantity, price), kind, overlooked, from };
}

export const limit = (id: string, label: string, use: number, figure: Figure & Pick<Limit, 'adjustable' | 'isSetting'>): Limit => ({
  id,
  label,
  unit: figure.unit,
  use,
  allowed: figure.value,
  adjustable: figure.adjustable,
  ...(figure.isSetting && { isSetting: true }),
  figure,
});
