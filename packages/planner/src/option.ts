import type { Facts } from './facts.ts';
import type { Figure, Price } from './figure.ts';
import type { Workload } from './workload.ts';

export type OptionId =
  | 'websocket-lane'
  | 'sse-lane'
  | 'websocket-fargate'
  | 'long-poll'
  | 'poll'
  | 'lambda-streaming'
  | 'appsync-events'
  | 'iot-core'
  | 'broker';

/** One line of a bill: a quantity, times its price. */
export interface Item {
  readonly id: string;
  readonly label: string;
  /** How many units a month. */
  readonly quantity: number;
  readonly unit: string;
  readonly price: Price;
  readonly usdPerMonth: number;
  /** `fixed` is paid for being deployed, `growing` for what is delivered. */
  readonly kind: 'fixed' | 'growing';
  /** Whether estimates tend to leave it out. */
  readonly overlooked: boolean;
  /** What the quantity was derived from, besides the workload. */
  readonly from: readonly Figure[];
}

/** A quota of the vendor, or a capacity. */
export interface Limit {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** What this workload takes of it at its peak. */
  readonly use: number;
  readonly allowed: number;
  /** Whether more can be had for the asking, or with another setting. */
  readonly adjustable: boolean;
  /** Whether it is a setting of the stage, which needs nobody's consent. @default false */
  readonly isSetting?: boolean;
  readonly figure: Figure;
}

/** What an option cannot do at all, or only by a detour. */
export interface Shortcoming {
  readonly text: string;
  /** Whether this workload needs it, so that the option is out. */
  readonly excludes: boolean;
}

export interface Tasks {
  readonly count: number;
  /** What asks for so many: streams, deliveries, or what the stage always keeps. */
  readonly because: string;
}

/** From publishing to the last of the connections that an event reaches. */
export interface Delivery {
  readonly p99Ms: number;
  readonly from: readonly Figure[];
}

/** What an option says to a workload. */
export interface Bill {
  readonly items: readonly Item[];
  readonly limits: readonly Limit[];
  readonly shortcomings: readonly Shortcoming[];
  readonly delivery: Delivery;
  /** Charges that only some accounts have; no part of the sums. The label says which. @default - none */
  readonly mayBeAdded?: readonly Item[];
  /** @default - it has none of its own */
  readonly tasks?: Tasks;
}

/** A way to deliver. */
export interface Option {
  readonly id: OptionId;
  readonly label: string;
  /** `built` here, `planned` here, or a `service` of AWS or software of others to integrate. */
  readonly status: 'built' | 'planned' | 'service';
  readonly summary: string;
  /** What of it is assumed, for readers. @default - nothing */
  readonly assumptions?: readonly string[];
  readonly bill: (workload: Workload, facts: Facts) => Bill;
}
