import type { Stack, StackProps } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type * as v from 'valibot';
import type { MetricName } from '../backbone/contract.ts';
import type { AccessControl } from './access/access-control.ts';
import type { EventBackbone } from './backbone/event-backbone.ts';
import type { EdgePart, EdgePartProps } from './edge/edge-part.ts';
import type { StageBase } from './stage-base.ts';
import type { StageCheck } from './stage-check.ts';
import type { TimeoutRule } from './timeout-rule.ts';

/** Settings of a lane: a schema whose keys have defaults if stages rarely differ. */
export type LaneSchema = v.GenericSchema<Record<string, unknown>, Record<string, unknown>>;

/**
 * A deployable way to deliver events. It lives in folders named after it, and `lib/lanes.ts` lists it.
 * Everything else is built from that list: the schema of a stage, its checks and timeout rules, the stacks,
 * the edge and the dashboard.
 */
export interface Lane<S extends LaneSchema = LaneSchema> {
  /**
   * Key of its settings in a stage, last part of its stack's name, and value of the dimension `lane` of its
   * metrics.
   */
  readonly name: string;
  readonly settings: S;
  /** What the shipped stages set, by their ids. Any other stage sets the lane's settings itself. */
  readonly stages: Readonly<Record<string, v.InferInput<S>>>;
  /** What its settings must agree with in the rest of a stage. */
  checks(settings: v.InferOutput<S>): readonly StageCheck[];
  /**
   * How its times and limits must agree with each other, with the rest of the stage, and with fixed limits of
   * AWS.
   */
  rules(stage: StageBase, settings: v.InferOutput<S>): readonly TimeoutRule[];
  /** Adds the lane's stack. */
  addTo(scope: Construct, id: string, props: LaneProps<v.InferOutput<S>>): LaneStack;
}

export interface LaneProps<Settings> extends StackProps {
  readonly stage: StageBase;
  readonly settings: Settings;
  readonly backbone: EventBackbone;
  readonly access: AccessControl;
  /** URLs of the other lanes that have one, by lane name. Complete when templates are written, not before. */
  readonly peers: () => Readonly<Record<string, string>>;
}

/** The stack of a lane. */
export interface LaneStack extends Stack {
  readonly lane: string;
  /** Where clients connect to the lane. Undefined if other lanes have no use for it. */
  readonly url?: string | undefined;
  /** What it has on the dashboard besides its line in each graph. */
  readonly dashboard: LaneDashboardPart;
  /** Puts the lane behind a distribution, which clients then use instead of `url`. */
  behind(scope: Construct, props: EdgePartProps): EdgePart;
}

export interface LaneDashboardPart {
  /** The lane's name as shown to readers. */
  readonly label: string;
  /** What a reader must know to compare a metric of this lane with those of the others. */
  readonly notes: Readonly<Partial<Record<MetricName, string>>>;
  /** @default - none */
  readonly widgets?: readonly IWidget[];
}

/** Infers a lane's type from its settings, so that its functions need no annotations. */
export const defineLane = <S extends LaneSchema>(lane: Lane<S>): Lane<S> => lane;
