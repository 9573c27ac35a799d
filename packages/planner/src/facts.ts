import type { Figure, Price } from './figure.ts';

/** Every number that does not come from the workload. Sensitivity replaces one and asks again. */
export interface Facts {
  readonly price: (id: string) => Price;
  readonly quota: (id: string) => Quota;
  readonly capacity: (id: string) => Figure;
}

export type Quota = Figure & {
  /** Whether AWS raises it on request. */
  readonly adjustable: boolean;
};
