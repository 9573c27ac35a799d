import type { BehaviorOptions } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import type { DistributionEdge } from './edge-settings.ts';

export interface EdgePartProps {
  readonly edge: DistributionEdge;
  /** Region of the lanes. */
  readonly region: string;
}

/** The part of a lane that is behind a distribution. */
export interface EdgePart {
  readonly lane: string;
  /**
   * How the distribution reaches the lane.
   * @param scope the distribution's construct
   */
  behaviors(scope: Construct): EdgeBehaviors;
  /** Where clients connect. */
  readonly url: (host: string) => string;
  /** Name and description of that URL in the outputs of the edge's stack. */
  readonly output: { readonly id: string; readonly description: string };
  /** Creates what needs the host name and the URLs of the other lanes. */
  finish?(urls: Readonly<Record<string, string>>): void;
}

export interface EdgeBehaviors {
  /** Behaviors by path pattern. */
  readonly paths: Readonly<Record<string, BehaviorOptions>>;
  /** The behavior of every other path. @default - another lane's */
  readonly rest?: BehaviorOptions | undefined;
}
